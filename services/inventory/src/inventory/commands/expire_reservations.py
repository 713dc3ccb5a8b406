"""Expire reservations that were not committed in time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from inventory.domain import Move
from inventory.store import StockBook
from waybill.postgres import Transaction


async def expire_reservations(tx: Transaction, *, now: datetime, limit: int) -> Sequence[UUID]:
    """Expire at most `limit` overdue reservations; return their orders."""
    book = await StockBook.open(tx)
    due = await book.due(now, limit)
    await book.move([Move(order_id, "reserved", "expired") for order_id in due], now)
    return due
