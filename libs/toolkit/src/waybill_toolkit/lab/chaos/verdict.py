"""Compares the responses of clients with the state of the system, without I/O."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from waybill_toolkit.lab.chaos.history import Attempt, History
from waybill_toolkit.operations.workload.client import FINAL, WantedOrder


class Breach(StrEnum):
    LOST = "an acknowledged order does not exist"
    PLACED_TWICE = "an order was placed twice"
    REFUSED_BUT_THERE = "a refused order exists"
    NEVER_SENT = "an order exists that no client sent"
    OTHER_CONTENT = "an order differs from what its client sent"
    OTHER_ANSWER = "a repeated request got a different order"
    WENT_BACK = "an order left a final status that its client had seen"
    NOT_CANCELLED = "a cancellation was acknowledged, and the order is not cancelled"
    NOT_FINAL = "an order did not become final"
    NO_ANSWER = "a client never got a response"
    FORGOTTEN_MEANWHILE = "an acknowledged order was temporarily not found"


@dataclass(frozen=True, slots=True)
class Violation:
    breach: Breach
    client: str
    reference: str
    detail: str

    def to_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Placed:
    """An order in the system."""

    order_id: str
    reference: str
    customer_ref: str
    status: str
    units: Mapping[str, int]


def compare(histories: Sequence[History], system: Iterable[Placed]) -> list[Violation]:
    """Return all contradictions between the system and the responses of clients."""
    by_reference: defaultdict[str, list[Placed]] = defaultdict(list)
    for order in system:
        by_reference[order.reference].append(order)
    violations: list[Violation] = []
    for history in histories:
        for attempt in history.attempts:
            found = by_reference.pop(attempt.wanted.reference, [])
            violations += (
                Violation(breach, history.client, attempt.wanted.reference, detail)
                for breach, detail in _judge(attempt, found)
            )
    violations += (
        Violation(Breach.NEVER_SENT, order.customer_ref, order.reference, order.order_id)
        for orders in by_reference.values()
        for order in orders
    )
    return violations


_Verdict = Iterator[tuple[Breach, str]]
_ENDS: Final = {"confirmed": {"confirmed"}, "rejected": {"rejected"}, "cancelled": {"cancelled"}}


def _judge(attempt: Attempt, found: Sequence[Placed]) -> _Verdict:
    known = {order.order_id for order in found}
    acknowledged = list(dict.fromkeys(attempt.order_ids))
    if len(found) > 1:
        yield Breach.PLACED_TWICE, ", ".join(sorted(known))
    if len(acknowledged) > 1:
        yield Breach.OTHER_ANSWER, ", ".join(acknowledged)
    if not acknowledged and not attempt.refusal:
        yield Breach.NO_ANSWER, ", ".join(sorted(known))
    if attempt.refusal and found:
        yield Breach.REFUSED_BUT_THERE, f"{attempt.refusal}; {found[0].order_id}"
    if attempt.lost_sight:
        yield Breach.FORGOTTEN_MEANWHILE, ", ".join(acknowledged)
    for order_id in acknowledged:
        if order_id not in known:
            yield Breach.LOST, order_id
    for order in found:
        yield from _judge_order(attempt, order)


def _judge_order(attempt: Attempt, order: Placed) -> _Verdict:
    if order.status not in FINAL:
        yield Breach.NOT_FINAL, order.status
    elif attempt.is_cancelled:
        if order.status != "cancelled":
            yield Breach.NOT_CANCELLED, order.status
    elif order.status not in _ENDS.get(attempt.status, FINAL):
        yield Breach.WENT_BACK, f"from {attempt.status} to {order.status}"
    if order.customer_ref != attempt.wanted.customer_ref or order.units != _units(attempt.wanted):
        yield Breach.OTHER_CONTENT, f"{order.customer_ref}: {dict(order.units)}"


def _units(wanted: WantedOrder) -> dict[str, int]:
    units: defaultdict[str, int] = defaultdict(int)
    for line in wanted.lines:
        units[line.sku] += line.quantity
    return dict(units)
