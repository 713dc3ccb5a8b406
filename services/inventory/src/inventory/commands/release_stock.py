"""Release the units of orders, reserved or committed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from inventory.domain import after_release, moves
from inventory.store import StockBook
from waybill.postgres import Transaction


async def release_stock(tx: Transaction, order_ids: Sequence[UUID], *, now: datetime) -> None:
    """Release the orders' units. A reservation that arrives after its release gets none."""
    wanted = set(order_ids)
    book = await StockBook.open(tx)
    known = await book.reservations(wanted)
    await book.move(moves(known.values(), after_release), now)
    await book.add_empty(wanted - known.keys(), now)
