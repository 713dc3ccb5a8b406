"""Expire reservations that were not committed in time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from inventory.domain import Move, after_expiry, moves
from inventory.store import StockBook
from waybill.postgres import Transaction


async def expire_reservations(tx: Transaction, *, now: datetime, limit: int) -> Sequence[UUID]:
    """Expire at most `limit` overdue reservations; return their orders."""
    book = await StockBook.open(tx)
    due = await book.due(now, limit)
    await book.move([Move(order_id, "reserved", "expired") for order_id in due], now)
    return due


async def expire_orders(
    tx: Transaction, order_ids: Sequence[UUID], *, now: datetime
) -> frozenset[UUID]:
    """Expire the open reservations of these orders. Return the orders that have expired here.

    Committed ones stay: whoever commits was first.
    """
    book = await StockBook.open(tx)
    known = await book.reservations(set(order_ids))
    await book.move(moves(known.values(), after_expiry), now)
    return frozenset(
        each.order_id for each in known.values() if after_expiry(each.status) == "expired"
    )
