"""Places an order with the client that openapi-generator writes in Python."""

import os
import sys
import time
import uuid

from openapi_client import ApiClient, Configuration, OrdersApi
from openapi_client.exceptions import ApiException
from openapi_client.models import (
    OrderStatus,
    PaymentMethod,
    PlaceOrder,
    PlaceOrder422Response,
    PlaceOrderLine,
    ProblemUnknownSku,
)


def main(sku: str, reference: str) -> None:
    orders = OrdersApi(ApiClient(Configuration(access_token=os.environ["WAYBILL_TOKEN"])))
    body = PlaceOrder(
        reference=reference,
        customer_ref="outside",
        currency="GBP",
        lines=[PlaceOrderLine(sku=sku, quantity=2)],
        payment=PaymentMethod(token="tok_approve"),
    )
    order = orders.place_order(str(uuid.uuid4()), body)
    while order.status is OrderStatus.PLACED:
        time.sleep(0.1)
        order = orders.get_order(order.order_id)
    print("order", order.order_id, order.status.value)

    for each in orders.list_orders(reference=reference).items:
        print("listed", each.order_id)

    body.lines[0].sku = "UNKNOWN"
    try:
        orders.place_order(str(uuid.uuid4()), body)
    except ApiException as refusal:
        assert isinstance(refusal.data, PlaceOrder422Response), refusal
        problem = refusal.data.actual_instance
        assert isinstance(problem, ProblemUnknownSku), problem
        names = f"{type(refusal).__name__} with {type(problem).__name__}"
        print("problem", names, refusal.status, problem.type)


main(*sys.argv[1:])
