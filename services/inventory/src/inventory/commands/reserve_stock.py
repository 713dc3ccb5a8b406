"""Set units aside for orders, all that an order wants or none."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from inventory import at_once
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
    """Decide on the requests in their order, and return how each order stands after it.

    An order that is known already keeps what was decided, whatever it asks for now. One that let
    go before it asked gets nothing. An optimistic transaction takes all orders for unknown, and
    the stock for large enough.
    """
    orders = {request.order_id for request in requests}
    if tx.optimistic and not granted.is_short and len(orders) == len(requests):
        await at_once.reserve(tx, requests, expires_at, now)
        granted.keep(tx, requests)
        return {order_id: Reservation(order_id, "reserved", expires_at) for order_id in orders}
    book = await StockBook.open(tx)
    known = await book.reservations(orders)
    unknown = {request.order_id: request for request in requests if request.order_id not in known}
    if not unknown:
        return known
    fresh = list(unknown.values())
    on_hand = await book.lock_stock({sku for request in fresh for sku in request.units})
    decided = decide_reservations(fresh, on_hand, now, expires_at)
    await book.add(fresh, decided, now)
    made = {each.order_id for each in decided if each.status == "reserved"}
    granted.is_short = len(made) < len(decided)
    granted.keep(tx, [request for request in fresh if request.order_id in made])
    return known | {reservation.order_id: reservation for reservation in decided}
