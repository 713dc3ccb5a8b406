"""Places an order with the client that openapi-python-client writes."""

import os
import sys
import time
import uuid

from waybill_client import AuthenticatedClient
from waybill_client.api.orders import get_order, list_orders, place_order
from waybill_client.models import (
    Order,
    OrderPage,
    OrderStatus,
    PaymentMethod,
    PlaceOrder,
    PlaceOrderLine,
    ProblemUnknownSku,
)


def main(sku: str, reference: str) -> None:
    address, token = os.environ["WAYBILL_BASE_URL"], os.environ["WAYBILL_TOKEN"]
    client = AuthenticatedClient(base_url=address, token=token)
    body = PlaceOrder(
        reference=reference,
        customer_ref="outside",
        currency="GBP",
        lines=[PlaceOrderLine(sku=sku, quantity=2)],
        payment=PaymentMethod(token="tok_approve"),
    )
    placed = place_order.sync(client=client, body=body, idempotency_key=str(uuid.uuid4()))
    assert isinstance(placed, Order), placed
    order = placed
    while order.status is OrderStatus.PLACED:
        time.sleep(0.1)
        found = get_order.sync(order.order_id, client=client)
        assert isinstance(found, Order), found
        order = found
    print("order", order.order_id, order.status.value)

    page = list_orders.sync(client=client, reference=reference)
    assert isinstance(page, OrderPage), page
    for each in page.items:
        print("listed", each.order_id)

    body.lines[0].sku = "UNKNOWN"
    answer = place_order.sync_detailed(client=client, body=body, idempotency_key=str(uuid.uuid4()))
    assert isinstance(answer.parsed, ProblemUnknownSku), answer
    name, status = type(answer.parsed).__name__, int(answer.status_code)
    print("problem", "returned", name, status, answer.parsed.type_.value)


main(*sys.argv[1:])
