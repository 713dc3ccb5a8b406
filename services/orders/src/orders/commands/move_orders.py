"""Move orders along with their sagas: status, events, commands to the neighbours."""

from collections.abc import Mapping, Sequence
from typing import Final, get_args
from uuid import UUID

from typing_extensions import override

from orders import queries, store
from orders.contract.events import Sent, send
from orders.contract.sent import OrderCancelled, OrderConfirmed, OrderRejected
from orders.domain import Order, Rejection, RejectionCode, Status, status_at
from orders.saga import CONFIRMED_FROM
from waybill.clock import Clock
from waybill.database import Transaction
from waybill.saga import Moved, Position, Reason, Subjects

_REJECTION_CODES: Final[Mapping[str, RejectionCode]] = {c: c for c in get_args(RejectionCode)}


class OrderSubjects(Subjects[Order, Sent]):
    """What the saga engine asks of orders."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @override
    async def load(self, tx: Transaction, saga_ids: Sequence[UUID]) -> Mapping[UUID, Order]:
        return await queries.get_orders(tx, saga_ids)

    @override
    async def moved(self, tx: Transaction, moves: Sequence[Moved[Order, Sent]]) -> None:
        changes: dict[UUID, tuple[Status, Rejection | None]] = {}
        for move in moves:
            if move.command is not None:
                send(tx, move.command, move.cause)
            status = _changed_status(move)
            if status is not None:
                rejection = _rejection(move.after.reason) if status == "rejected" else None
                changes[move.saga_id] = (status, rejection)
                _tell(tx, move, status, rejection)
        if changes:
            await store.set_statuses(tx, changes, self._clock.now())


def _changed_status(move: Moved[Order, Sent]) -> Status | None:
    after = status_at(move.after, CONFIRMED_FROM)
    before = "placed" if move.before is None else status_at(move.before, CONFIRMED_FROM)
    return None if after == before else after


def _rejection(reason: Reason | None) -> Rejection:
    if reason is None:
        raise ValueError("a saga was undone without a reason")
    return Rejection(_REJECTION_CODES[reason.code], reason.detail)


def _tell(
    tx: Transaction, move: Moved[Order, Sent], status: Status, rejection: Rejection | None
) -> None:
    if status == "confirmed":
        send(tx, OrderConfirmed(order_id=move.saga_id), move.cause)
    elif status == "cancelled":
        send(tx, OrderCancelled(order_id=move.saga_id), move.cause)
    elif rejection is not None:
        rejected = OrderRejected(
            order_id=move.saga_id, code=rejection.code, detail=rejection.detail
        )
        send(tx, rejected, move.cause)
