"""Applies saga transitions to orders: status, events, commands to other services."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
from typing_extensions import override

from orders import queries, store
from orders.contract.events import Sent, send
from orders.contract.models import OrderStatus
from orders.contract.sent import OrderCancelled, OrderConfirmed, OrderRejected
from orders.contract.shared import RejectionCode
from orders.domain import Order, Rejection, status_at
from orders.saga import CONFIRMED_AT_STEP
from waybill.clock import Clock
from waybill.postgres import Transaction
from waybill.saga import Reason, SagaStore, SagaTransition


class OrderSagaStore(SagaStore[Order, Sent]):
    """Connects the saga engine to orders."""

    # Only the first command needs the lines, and it is never repeated.
    select = queries.ORDERS_WITHOUT_LINES
    # Commands use the total, which does not change, and the token, which only the first ones need.
    is_lasting = True

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @override
    def read(self, row: asyncpg.Record) -> Order:
        return queries.order_without_lines(row)

    @override
    async def apply_transitions(
        self, tx: Transaction, moves: Sequence[SagaTransition[Order, Sent]]
    ) -> None:
        changes: dict[UUID, tuple[OrderStatus, Rejection | None]] = {}
        for move in moves:
            if move.command is not None:
                send(tx, move.command, move.cause)
            status = _changed_status(move)
            if status is not None:
                rejection = (
                    _rejection(move.after.reason) if status is OrderStatus.REJECTED else None
                )
                changes[move.saga_id] = (status, rejection)
                _publish(tx, move, status, rejection)
        if changes:
            await store.set_statuses(tx, changes, self._clock.now())


def _changed_status(move: SagaTransition[Order, Sent]) -> OrderStatus | None:
    after = status_at(move.after, CONFIRMED_AT_STEP)
    before = (
        OrderStatus.PLACED if move.before is None else status_at(move.before, CONFIRMED_AT_STEP)
    )
    return None if after == before else after


def _rejection(reason: Reason | None) -> Rejection:
    if reason is None:
        raise ValueError("the saga was compensated without a reason")
    return Rejection(RejectionCode(reason.code), reason.detail)


def _publish(
    tx: Transaction,
    move: SagaTransition[Order, Sent],
    status: OrderStatus,
    rejection: Rejection | None,
) -> None:
    if status is OrderStatus.CONFIRMED:
        send(tx, OrderConfirmed(order_id=move.saga_id), move.cause)
    elif status is OrderStatus.CANCELLED:
        send(tx, OrderCancelled(order_id=move.saga_id), move.cause)
    elif rejection is not None:
        rejected = OrderRejected(
            order_id=move.saga_id, code=rejection.code, detail=rejection.detail
        )
        send(tx, rejected, move.cause)
