"""Take what is held."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from payments import store
from payments.claims import Claims
from payments.domain import Step, capture
from payments.memory import Memory
from waybill.postgres import Transaction

_log: Final = logging.getLogger(__name__)


async def capture_payments(
    tx: Transaction, order_ids: Sequence[UUID], now: datetime, claims: Claims, memory: Memory
) -> None:
    """Begin the captures, and answer again for what is captured.

    Where nothing is held there is nothing to take, and no answer: the sender gave up this order,
    or never had the authorization that it must have before.
    """
    payments = memory.take(order_ids)
    if not tx.optimistic or len(payments) < len(set(order_ids)):
        payments = await store.lock_by_order(tx, order_ids)
    before = list(payments.values())
    steps: list[Step] = []
    for order_id in order_ids:
        payment = payments.get(order_id)
        step = capture(payment, now) if payment else None
        if step is None:
            status = payment.status if payment else "unknown"
            _log.warning("nothing to capture", extra={"order_id": order_id, "status": status})
            continue
        payments[order_id] = step.payment
        steps.append(step)
    await store.save(tx, before, steps, now, claims)
