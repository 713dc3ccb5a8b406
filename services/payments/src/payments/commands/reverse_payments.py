"""Reverse payments: void what is authorized, refund what is captured."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from payments import store
from payments.claims import Claims
from payments.domain import Step, reverse, tombstone
from waybill.ids import uuid7
from waybill.postgres import Transaction


async def reverse_payments(
    tx: Transaction, orders: Sequence[tuple[UUID, str]], now: datetime, claims: Claims
) -> None:
    """Reverse the payments of these orders (id, traceparent); repeat the answer for reversed ones.

    An order without a payment gets one that is already voided, so that a late authorization holds
    nothing.
    """
    order_ids = [order_id for order_id, _ in orders]
    payments = await store.lock_by_order(tx, order_ids)
    missing = [(order_id, sender) for order_id, sender in orders if order_id not in payments]
    if missing:
        await store.insert_opened(tx, [_tombstone(*order) for order in missing], now, claims)
        payments = await store.lock_by_order(tx, order_ids)
    before = list(payments.values())
    steps: list[Step] = []
    for order_id in order_ids:
        step = reverse(payments[order_id], now)
        payments[order_id] = step.payment
        steps.append(step)
    await store.save(tx, before, steps, now, claims)


def _tombstone(order_id: UUID, traceparent: str) -> Step:
    payment = tombstone(payment_id=uuid7(), order_id=order_id, traceparent=traceparent)
    return Step(payment)
