"""The saga of an order: fake neighbours reply over a real broker."""

import httpx

from waybill.ids import uuid7
from waybill_toolkit.testing.eventually import order_reaches
from waybill_toolkit.testing.fake_service import FakeService

from .driving import (
    SKU,
    add_variant,
    cancel,
    confirm,
    gross,
    money,
    order_body,
    place,
    reply,
    reserve,
    wait_for_event,
    wait_for_history,
)


async def test_an_order_is_confirmed_when_inventory_and_payments_succeed(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await add_variant(client, neighbours, SKU, 255)

    placed = await place(client, order_body((SKU, 2), (SKU, 1), reference="536365"))
    order_id = placed.json()["order_id"]

    assert placed.status_code == 201
    assert placed.headers["location"] == f"/v1/orders/{order_id}"
    assert gross(placed.json()) == money(765)
    reserve = await wait_for_event(neighbours, "inventory.reserve-stock.v1", order_id)
    assert reserve.data["lines"] == [{"sku": SKU, "quantity": 3}]
    assert reserve.traceparent[3:35] == placed.headers["x-trace-id"]
    await wait_for_event(neighbours, "orders.order-placed.v1", order_id)
    expires_at = "2026-11-22T10:00:00Z"
    await reply(neighbours, "inventory.stock-reserved", order_id, expires_at=expires_at)
    authorize = await wait_for_event(neighbours, "payments.authorize-payment.v2", order_id)
    assert authorize.data["amount"] == money(765)
    paid = {"payment_id": str(uuid7()), "amount": money(765)}
    await reply(neighbours, "payments.payment-authorized", order_id, **paid)
    await wait_for_event(neighbours, "inventory.commit-stock.v1", order_id)
    assert (await client.get(f"/v1/orders/{order_id}")).json()["status"] == "placed"
    await reply(neighbours, "inventory.stock-committed", order_id)
    await order_reaches(client, order_id, "confirmed")
    await wait_for_event(neighbours, "orders.order-confirmed.v1", order_id)
    await wait_for_event(neighbours, "payments.capture-payment.v1", order_id)
    await reply(neighbours, "payments.payment-captured", order_id, **paid)
    history = await wait_for_history(client, order_id, "completed")
    assert history == [
        "reserve-stock",
        "authorize-payment",
        "commit-stock",
        "capture-payment",
        "completed",
    ]


async def test_an_order_is_rejected_when_there_is_too_little_stock(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await add_variant(client, neighbours, SKU, 255)
    order_id = (await place(client, order_body((SKU, 6)))).json()["order_id"]
    await wait_for_event(neighbours, "inventory.reserve-stock.v1", order_id)
    shortages = [{"sku": SKU, "wanted": 6, "on_hand": 2}]
    await reply(neighbours, "inventory.stock-refused", order_id, shortages=shortages)

    order = await order_reaches(client, order_id, "rejected")

    assert order["rejection"] == {"code": "out_of_stock", "detail": f"{SKU}: 6 wanted, 2 on hand"}
    rejected = await wait_for_event(neighbours, "orders.order-rejected.v1", order_id)
    assert rejected.data["code"] == "out_of_stock"


async def test_a_declined_order_is_rejected_after_its_stock_is_released(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await add_variant(client, neighbours, SKU, 255)
    order_id = (await place(client, order_body((SKU, 1)))).json()["order_id"]
    await reserve(neighbours, order_id)
    await wait_for_event(neighbours, "payments.authorize-payment.v2", order_id)
    declined = {"payment_id": str(uuid7()), "decline_code": "insufficient_funds"}
    await reply(neighbours, "payments.payment-declined", order_id, **declined)
    await wait_for_event(neighbours, "inventory.release-stock.v1", order_id)
    assert (await client.get(f"/v1/orders/{order_id}")).json()["status"] == "placed"
    await reply(neighbours, "inventory.stock-released", order_id)

    order = await order_reaches(client, order_id, "rejected")

    assert order["rejection"] == {"code": "payment_declined", "detail": "insufficient_funds"}


async def test_a_cancelled_order_is_refunded_and_released(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await add_variant(client, neighbours, SKU, 255)
    order_id = (await place(client, order_body((SKU, 1)))).json()["order_id"]
    await confirm(neighbours, order_id)
    await order_reaches(client, order_id, "confirmed")

    cancelled = await cancel(client, order_id)

    assert (cancelled.status_code, cancelled.json()["status"]) == (202, "cancelling")
    await wait_for_event(neighbours, "payments.reverse-payment.v1", order_id)
    refunded = {"payment_id": str(uuid7()), "amount": money(255)}
    await reply(neighbours, "payments.payment-refunded", order_id, **refunded)
    await wait_for_event(neighbours, "inventory.release-stock.v1", order_id)
    await reply(neighbours, "inventory.stock-released", order_id)
    await order_reaches(client, order_id, "cancelled")
    await wait_for_event(neighbours, "orders.order-cancelled.v1", order_id)
    again = await cancel(client, order_id)
    assert (again.status_code, again.json()["status"]) == (202, "cancelled")


async def test_a_rejected_order_cannot_be_cancelled(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await add_variant(client, neighbours, SKU, 255)
    order_id = (await place(client, order_body((SKU, 6)))).json()["order_id"]
    await reply(neighbours, "inventory.stock-refused", order_id, shortages=[])
    await order_reaches(client, order_id, "rejected")

    refused = await cancel(client, order_id)

    assert refused.json()["type"].endswith(":order-not-cancellable")
