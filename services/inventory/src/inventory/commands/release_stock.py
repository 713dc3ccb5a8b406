"""Release the units of orders, reserved or committed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from inventory.domain import Reservation, after_release, moves
from inventory.store import StockBook
from waybill.postgres import Transaction


async def release_stock(tx: Transaction, order_ids: Sequence[UUID], *, now: datetime) -> None:
    """Release the orders' units. A reservation that arrives after its release gets none."""
    wanted = set(order_ids)
    book = await StockBook.open(tx)
    known = await _release(book, wanted, now)
    await book.add_empty(wanted - known.keys(), now)


async def release_reservations(
    tx: Transaction, order_ids: Sequence[UUID], *, now: datetime
) -> Mapping[UUID, Reservation]:
    """Release the units of those orders that have a reservation here, and return what they had."""
    return await _release(await StockBook.open(tx), set(order_ids), now)


async def _release(book: StockBook, order_ids: set[UUID], now: datetime) -> dict[UUID, Reservation]:
    known = await book.reservations(order_ids)
    await book.move(moves(known.values(), after_release), now)
    return known
