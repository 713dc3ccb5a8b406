"""Commit the reservations of orders: their units are sold."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from inventory import optimistic
from inventory.domain import Status, after_commit, moves
from inventory.granted import Granted
from inventory.store import StockBook
from waybill.postgres import Transaction


class Committed(NamedTuple):
    """The status of a reservation after its commit, and the number of databases that have one."""

    status: Status
    parts: int | None


async def commit_stock(
    tx: Transaction, order_ids: Sequence[UUID], granted: Granted, *, now: datetime
) -> Mapping[UUID, Committed]:
    """Return the new status of each reservation. Orders without one are left out.

    An optimistic transaction assumes that reservations of this process are still open.
    """
    reserved = granted.take(order_ids)
    if tx.optimistic and len(reserved) == len(set(order_ids)):
        await optimistic.commit(tx, reserved, now)
        return {each.order_id: Committed("committed", each.parts) for each in reserved.values()}
    book = await StockBook.open(tx)
    known = await book.reservations(set(order_ids))
    await book.move(moves(known.values(), after_commit), now)
    return {
        order_id: Committed(after_commit(reservation.status), reservation.parts)
        for order_id, reservation in known.items()
    }
