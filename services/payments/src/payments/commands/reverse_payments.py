"""Reverse payments: void what is authorized, refund what is captured."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from payments import store
from payments.claims import Claims
from payments.domain import Step, reverse, tombstone
from waybill.events import Cause
from waybill.ids import uuid7
from waybill.postgres import Transaction


async def reverse_payments(
    tx: Transaction, commands: Sequence[tuple[UUID, Cause]], now: datetime, claims: Claims
) -> None:
    """Reverse the payments of these orders; repeat the answer for reversed ones.

    An order without a payment gets one that is already voided, so that a late authorization holds
    nothing.
    """
    order_ids = [order_id for order_id, _ in commands]
    payments = await store.lock_by_order(tx, order_ids)
    missing = [each for each in commands if each[0] not in payments]
    if missing:
        await store.insert_opened(tx, [_tombstone(*each) for each in missing], now, claims)
        payments = await store.lock_by_order(tx, order_ids)
    before = list(payments.values())
    steps: list[Step] = []
    for order_id, command in commands:
        payment = payments[order_id].caused_by(command.traceparent, command.actor)
        step = reverse(payment, now)
        payments[order_id] = step.payment
        steps.append(step)
    await store.save(tx, before, steps, now, claims)


def _tombstone(order_id: UUID, command: Cause) -> Step:
    payment = tombstone(
        payment_id=uuid7(),
        order_id=order_id,
        traceparent=command.traceparent,
        actor=command.actor,
    )
    return Step(payment)
