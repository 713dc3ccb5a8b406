"""Reservations that nobody committed in time, taken back by a timer."""

from datetime import datetime

from inventory.commands.expire_reservations import expire_reservations
from inventory.contract.events import send
from inventory.contract.sent import ReservationExpired
from waybill.postgres import Transaction


async def expire_due(tx: Transaction, now: datetime, limit: int) -> int:
    """Expire at most `limit` reservations and tell of each; return how many: a timer's `take`."""
    expired = await expire_reservations(tx, now=now, limit=limit)
    for order_id in expired:
        send(tx, ReservationExpired(order_id=order_id))
    return len(expired)
