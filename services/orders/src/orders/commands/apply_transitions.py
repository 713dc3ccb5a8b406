"""Applies saga transitions to orders: status, events, commands to other services."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

import asyncpg
from typing_extensions import override

from orders import queries, store
from orders.contract.events import Sent, send
from orders.contract.models import OrderStatus
from orders.contract.sent import OrderCancelled, OrderConfirmed, OrderRejected
from orders.contract.shared import RejectionCode
from orders.domain import Order, Rejection, needs_token, status_at
from orders.measuring import count_settled
from orders.saga import AUTHORIZED_AT_STEP, CONFIRMED_AT_STEP
from orders.store import StatusChange
from waybill.clock import Clock
from waybill.postgres import Transaction
from waybill.saga import Position, Reason, SagaStore, SagaTransition


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
    def cached(self, subject: Order) -> Order:
        return replace(subject, lines=())

    @override
    async def apply_transitions(
        self, tx: Transaction, moves: Sequence[SagaTransition[Order, Sent]]
    ) -> None:
        changes: dict[UUID, StatusChange] = {}
        settled: list[tuple[Order, StatusChange]] = []
        for move in moves:
            if move.command is not None:
                send(tx, move.command, move.cause)
            change = _change(move)
            if change is not None:
                changes[move.saga_id] = change
                if change.status is not _status(move.before):
                    _publish(tx, move, change)
                    settled.append((move.subject, change))
        if changes:
            now = self._clock.now()
            await store.set_statuses(tx, changes, now)
            tx.after_commit(partial(count_settled, settled, now))


def _change(move: SagaTransition[Order, Sent]) -> StatusChange | None:
    """Return what the move changes of the order's row, None for nothing."""
    status = _status(move.after)
    keeps_token = needs_token(move.after, AUTHORIZED_AT_STEP)
    had_token = move.before is None or needs_token(move.before, AUTHORIZED_AT_STEP)
    if status is _status(move.before) and keeps_token >= had_token:
        return None
    rejection = _rejection(move.after.reason) if status is OrderStatus.REJECTED else None
    return StatusChange(status, rejection, keeps_token)


def _status(position: Position | None) -> OrderStatus:
    return OrderStatus.PLACED if position is None else status_at(position, CONFIRMED_AT_STEP)


def _rejection(reason: Reason | None) -> Rejection:
    if reason is None:
        raise ValueError("the saga was compensated without a reason")
    return Rejection(RejectionCode(reason.code), reason.detail)


def _publish(tx: Transaction, move: SagaTransition[Order, Sent], change: StatusChange) -> None:
    if change.status is OrderStatus.CONFIRMED:
        send(tx, OrderConfirmed(order_id=move.saga_id), move.cause)
    elif change.status is OrderStatus.CANCELLED:
        send(tx, OrderCancelled(order_id=move.saga_id), move.cause)
    elif change.rejection is not None:
        rejected = OrderRejected(
            order_id=move.saga_id, code=change.rejection.code, detail=change.rejection.detail
        )
        send(tx, rejected, move.cause)
