"""The recovery time of each kind of fault."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Final

from waybill_toolkit.lab.chaos.event import Event
from waybill_toolkit.lab.chaos.history import Attempt
from waybill_toolkit.lab.chaos.schedule import BACKGROUND
from waybill_toolkit.operations.workload.client import APPROVED

_SHOWN_SEPARATELY: Final = {"postgres", "broker", "prefork", f"orders{BACKGROUND}"}


@dataclass(frozen=True, slots=True)
class Recovery:
    """The recovery from one fault, in seconds after its end. Other faults may be active."""

    flows_again_seconds: float | None
    """Until an order placed after the fault is confirmed; None when there is none."""
    caught_up_seconds: float
    """Until every order placed before the end of the fault is final."""


@dataclass(frozen=True, slots=True)
class Recoveries:
    """The recoveries from all faults of a kind."""

    count: int
    flows_again_seconds_median: float | None
    flows_again_seconds_max: float | None
    caught_up_seconds_median: float
    caught_up_seconds_max: float

    def to_json(self) -> dict[str, float | None]:
        return asdict(self)


def recovery(event: Event, attempts: Sequence[Attempt]) -> Recovery:
    """Return the recovery from a fault. Orders with slow payment tokens do not count."""
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
    """Summarize the recoveries, without faults that had no effect."""
    found: defaultdict[str, list[Recovery]] = defaultdict(list)
    for event in events:
        if not event.missed:
            found[_kind(event)].append(recovery(event, attempts))
    return {kind: _sum_up(recoveries) for kind, recoveries in sorted(found.items())}


def _kind(event: Event) -> str:
    """Return the kind, with the target where targets recover differently."""
    fault = event.fault
    if fault.link is None and fault.target in _SHOWN_SEPARATELY:
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
