"""How long it takes until orders flow again, for each kind of fault."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Final

from waybill_toolkit.lab.chaos.faults import Event
from waybill_toolkit.lab.chaos.history import Attempt
from waybill_toolkit.lab.chaos.schedule import BACKGROUND
from waybill_toolkit.operations.workload.client import APPROVED

_TOLD_APART: Final = {"postgres", "broker", "host", f"orders{BACKGROUND}"}


@dataclass(frozen=True, slots=True)
class Recovery:
    """Of one fault, in seconds after its end, with whatever else was broken meanwhile."""

    flows_again_seconds: float | None
    """Until an order was confirmed that was begun after it; None when none was."""
    caught_up_seconds: float
    """Until every order that was begun before its end had come to its own."""


@dataclass(frozen=True, slots=True)
class Recoveries:
    """Of all faults of a kind."""

    count: int
    flows_again_seconds_median: float | None
    flows_again_seconds_max: float | None
    caught_up_seconds_median: float
    caught_up_seconds_max: float

    def to_json(self) -> dict[str, float | None]:
        return asdict(self)


def recovery(event: Event, attempts: Sequence[Attempt]) -> Recovery:
    """Look how orders went after a fault. Those that are slow by themselves say nothing of it."""
    end = event.ended or event.began
    plain = [
        each
        for each in attempts
        if each.wanted.payment_token == APPROVED and not each.is_cancelled and each.ended
    ]
    after = [
        each.ended - end
        for each in plain
        if each.began >= end and each.status == "confirmed" and each.ended
    ]
    before = [
        each.ended - end for each in plain if each.began < end and each.ended and each.ended > end
    ]
    return Recovery(
        flows_again_seconds=round(min(after), 2) if after else None,
        caught_up_seconds=round(max(before, default=0.0), 2),
    )


def by_kind(events: Sequence[Event], attempts: Sequence[Attempt]) -> dict[str, Recoveries]:
    """Sum up the recoveries; faults that hit nothing are left out."""
    found: defaultdict[str, list[Recovery]] = defaultdict(list)
    for event in events:
        if not event.missed:
            found[_kind(event)].append(recovery(event, attempts))
    return {kind: _sum_up(recoveries) for kind, recoveries in sorted(found.items())}


def _kind(event: Event) -> str:
    """Tell apart what is ended alike and comes back differently."""
    fault = event.fault
    if fault.link is None and fault.target in _TOLD_APART:
        return f"{fault.kind}: {fault.target}"
    return str(fault.kind)


def _sum_up(recoveries: Sequence[Recovery]) -> Recoveries:
    flows = [
        each.flows_again_seconds for each in recoveries if each.flows_again_seconds is not None
    ]
    caught_up = [each.caught_up_seconds for each in recoveries]
    return Recoveries(
        count=len(recoveries),
        flows_again_seconds_median=round(median(flows), 2) if flows else None,
        flows_again_seconds_max=max(flows) if flows else None,
        caught_up_seconds_median=round(median(caught_up), 2),
        caught_up_seconds_max=max(caught_up),
    )
