"""Place an order: price it, write it down, set its saga going."""

from pydantic import MISSING

from orders import queries, store
from orders.contract.events import Sent, send
from orders.contract.models import OrderStatus, PlaceOrder
from orders.contract.sent import OrderPlaced, PlacedLine
from orders.contract.shared import Money, Price
from orders.domain import Order, Unacceptable, price_lines
from waybill.clock import Clock
from waybill.database import Transaction
from waybill.ids import uuid7
from waybill.saga import Sagas


async def place_order(
    tx: Transaction, sagas: Sagas[Order, Sent], clock: Clock, wanted: PlaceOrder
) -> Order | Unacceptable:
    """Accept an order at the prices of this moment, or say why it is not acceptable."""
    prices = await queries.find_prices(tx, [line.sku for line in wanted.lines])
    lines = price_lines(wanted.lines, wanted.currency, prices)
    if not isinstance(lines, tuple):
        return lines
    now = clock.now()
    order = Order(
        order_id=uuid7(),
        reference=None if wanted.reference is MISSING else wanted.reference,
        customer_ref=wanted.customer_ref,
        status=OrderStatus.PLACED,
        currency=wanted.currency,
        lines=lines,
        total_minor=sum(line.quantity * line.unit_price_minor for line in lines),
        payment_token=wanted.payment.token,
        placed_at=now,
        updated_at=now,
    )
    await store.insert_order(tx, order)
    send(tx, _placed(order))
    await sagas.start(tx, order.order_id, order)
    return order


def _placed(order: Order) -> OrderPlaced:
    lines = [
        PlacedLine(
            sku=line.sku,
            quantity=line.quantity,
            unit_price=Price(amount_minor=line.unit_price_minor, currency=order.currency),
        )
        for line in order.lines
    ]
    total = Money(amount_minor=order.total_minor, currency=order.currency)
    return OrderPlaced(
        order_id=order.order_id,
        customer_ref=order.customer_ref,
        total=total,
        lines=lines,
        placed_at=order.placed_at,
        reference=MISSING if order.reference is None else order.reference,
    )
