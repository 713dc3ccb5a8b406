"""Sell the units that are set aside for orders."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from inventory import at_once
from inventory.domain import Status, after_commit, moves
from inventory.granted import Granted
from inventory.store import StockBook
from waybill.postgres import Transaction


async def commit_stock(
    tx: Transaction, order_ids: Sequence[UUID], granted: Granted, *, now: datetime
) -> Mapping[UUID, Status]:
    """Return how each order stands after it: `committed`, or why not. Unknown ones are left out.

    An optimistic transaction takes reservations for open that this process has made.
    """
    reserved = granted.take(order_ids)
    if tx.optimistic and len(reserved) == len(set(order_ids)):
        await at_once.commit(tx, reserved, now)
        return dict.fromkeys(reserved, "committed")
    book = await StockBook.open(tx)
    known = await book.reservations(set(order_ids))
    await book.move(moves(known.values(), after_commit), now)
    return {order_id: after_commit(reservation.status) for order_id, reservation in known.items()}
