"""Capture authorized payments."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from payments import store
from payments.claims import Claims
from payments.domain import Step, capture
from payments.memory import Memory
from waybill.events import Cause
from waybill.postgres import Transaction

_log: Final = logging.getLogger(__name__)


async def capture_payments(
    tx: Transaction,
    commands: Sequence[tuple[UUID, Cause]],
    now: datetime,
    claims: Claims,
    memory: Memory,
) -> None:
    """Start the captures of these orders; repeat the answer for payments that are captured.

    A payment that is not authorized cannot be captured and gets no answer: the sender has reversed
    the order, or sent the command before the authorization succeeded.
    """
    order_ids = [order_id for order_id, _ in commands]
    payments = memory.take(order_ids)
    if not tx.optimistic or len(payments) < len(set(order_ids)):
        payments = await store.lock_by_order(tx, order_ids)
    before = list(payments.values())
    steps: list[Step] = []
    for order_id, command in commands:
        payment = payments.get(order_id)
        step = None
        if payment is not None:
            step = capture(payment.caused_by(command.traceparent, command.actor), now)
        if step is None:
            status = payment.status if payment else "unknown"
            _log.warning(
                "payment cannot be captured",
                extra={"order_id": order_id, "payment_status": status},
            )
            continue
        payments[order_id] = step.payment
        steps.append(step)
    await store.save(tx, before, steps, now, claims)
