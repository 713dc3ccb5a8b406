"""Expires reservations that were not committed in time."""

from datetime import datetime
from functools import partial

from inventory.commands.expire_reservations import expire_reservations
from inventory.contract.events import send
from inventory.contract.sent import ReservationExpired
from inventory.metrics import count
from waybill.postgres import Transaction


async def expire_due(tx: Transaction, now: datetime, limit: int) -> int:
    """Expire at most `limit` reservations, publish an event for each, and return their number."""
    expired = await expire_reservations(tx, now=now, limit=limit)
    for order_id in expired:
        send(tx, ReservationExpired(order_id=order_id))
    tx.after_commit(partial(count, expired=len(expired)))
    return len(expired)
