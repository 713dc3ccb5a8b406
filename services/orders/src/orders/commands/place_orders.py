"""Place orders: price them, insert them, start their sagas."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from pydantic import MISSING

from orders import store
from orders.contract.events import send
from orders.contract.models import OrderStatus, PlaceOrder
from orders.contract.sent import OrderPlaced
from orders.domain import Order
from orders.known_prices import KnownPrices
from orders.measuring import count_placed
from orders.presenting import Presented
from orders.price_lists import PriceList
from orders.pricing import PricedOrder, Unacceptable, price_order
from orders.saga import PLACE_ORDER
from waybill.clock import Clock
from waybill.http import BatchedRequest
from waybill.ids import uuid7
from waybill.postgres import Transaction
from waybill.saga import Sagas, SagaStart
from waybill.sealing import Seals


async def place_orders(
    tx: Transaction,
    sagas: Sagas,
    prices: KnownPrices,
    requests: Sequence[BatchedRequest[PlaceOrder]],
    *,
    clock: Clock,
    seals: Seals,
) -> Sequence[Presented | Unacceptable]:
    """Accept orders at current prices, or return the problem of each unacceptable one.

    Raises SealingError.
    """
    found = await prices.find(tx, {line.sku for each in requests for line in each.body.lines})
    now = clock.now()
    placed = [_place(each.body, found, now, seals) for each in requests]
    accepted = [
        (each, request)
        for each, request in zip(placed, requests, strict=True)
        if isinstance(each, Presented)
    ]
    if accepted:
        orders = [each.order for each, _ in accepted]
        await store.insert_orders(tx, orders, found)
        for each, request in accepted:
            send(tx, _placed(each), request)
        starts = [SagaStart(each.order.order_id, each.order, cause) for each, cause in accepted]
        await sagas.start(tx, PLACE_ORDER.name, starts)
        tx.after_commit(partial(count_placed, orders))
    return placed


def _place(
    wanted: PlaceOrder, lists: Mapping[str, PriceList], now: datetime, seals: Seals
) -> Presented | Unacceptable:
    priced = price_order(wanted, lists, now)
    if not isinstance(priced, PricedOrder):
        return priced
    order_id = uuid7()
    order = Order(
        order_id=order_id,
        reference=None if wanted.reference is MISSING else wanted.reference,
        customer_ref=wanted.customer_ref,
        status=OrderStatus.PLACED,
        currency=wanted.currency,
        lines=priced.lines,
        prices_include_tax=priced.prices_include_tax,
        total_minor=priced.amounts.gross_minor,
        tax_minor=priced.amounts.tax_minor,
        shipping_net_minor=priced.shipping.net_minor,
        shipping_tax_minor=priced.shipping.tax_minor,
        sealed_token=seals.seal(wanted.payment.token, order_id.bytes),
        placed_at=now,
        updated_at=now,
    )
    return Presented.of(order)


def _placed(presented: Presented) -> OrderPlaced:
    order = presented.order
    return OrderPlaced(
        order_id=order.order_id,
        customer_ref=order.customer_ref,
        totals=presented.totals,
        lines=presented.lines,
        placed_at=order.placed_at,
        reference=MISSING if order.reference is None else order.reference,
    )
