"""Reserve units for orders: all units of an order or none."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from inventory import optimistic
from inventory.domain import Request, Reservation, decide_reservations
from inventory.granted import Granted
from inventory.store import StockBook
from waybill.postgres import Transaction


async def reserve_stock(
    tx: Transaction,
    requests: Sequence[Request],
    granted: Granted,
    *,
    now: datetime,
    expires_at: datetime,
) -> Mapping[UUID, Reservation]:
    """Decide the requests in order, and return the reservation of each order.

    An order that has a reservation keeps it, whatever the new request contains. An order that was
    released before its request gets nothing. An optimistic transaction assumes that all orders are
    new and the stock is sufficient.
    """
    orders = {request.order_id for request in requests}
    if tx.optimistic and not granted.is_short and len(orders) == len(requests):
        await optimistic.reserve(tx, requests, expires_at, now)
        granted.keep(tx, requests)
        return {order_id: Reservation(order_id, "reserved", expires_at) for order_id in orders}
    book = await StockBook.open(tx)
    known = await book.reservations(orders)
    unknown = {request.order_id: request for request in requests if request.order_id not in known}
    if not unknown:
        return known
    new = list(unknown.values())
    on_hand = await book.lock_stock({sku for request in new for sku in request.units})
    decided = decide_reservations(new, on_hand, now, expires_at)
    await book.add(new, decided, now)
    granted_ids = {each.order_id for each in decided if each.status == "reserved"}
    granted.is_short = len(granted_ids) < len(decided)
    granted.keep(tx, [request for request in new if request.order_id in granted_ids])
    return known | {reservation.order_id: reservation for reservation in decided}
