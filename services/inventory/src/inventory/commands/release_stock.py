"""Put back whatever orders hold, reserved or sold."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from inventory.domain import after_release, moves
from inventory.store import StockBook
from waybill.postgres import Transaction


async def release_stock(tx: Transaction, order_ids: Sequence[UUID], *, now: datetime) -> None:
    """See to it that the orders hold nothing, and that a reservation which is late gets nothing."""
    wanted = set(order_ids)
    book = await StockBook.open(tx)
    known = await book.reservations(wanted)
    await book.move(moves(known.values(), after_release), now)
    await book.add_empty(wanted - known.keys(), now)
