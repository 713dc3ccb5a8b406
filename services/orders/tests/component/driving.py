"""Drives the orders service in tests: requests, and the events of its fake neighbours."""

from functools import partial
from typing import Any

import httpx

from waybill.ids import uuid7
from waybill_toolkit.testing.eventually import eventually, read
from waybill_toolkit.testing.fake_service import FakeService, ReceivedEvent

SKU = "ORDERS-A"
"""A SKU that no test of another service uses: the broker is shared."""

LAST = {"orders.order-rejected.v1", "orders.order-cancelled.v1"}
"""Nothing is published about an order after one of these."""


def money(amount: int, currency: str = "GBP") -> dict[str, Any]:
    return {"amount_minor": amount, "currency": currency}


def gross(order: dict[str, Any]) -> dict[str, Any]:
    """Return what an order costs."""
    return money(order["totals"]["gross_minor"], order["totals"]["currency"])


async def add_variant(
    client: httpx.AsyncClient,
    neighbours: FakeService,
    sku: str,
    *prices: int | dict[str, Any],
    version: int = 1,
) -> None:
    """Publish a variant as the catalogue does, and wait until orders has its prices.

    A number is a price in GBP without an end.
    """
    variant: dict[str, Any] = {"sku": sku, "product_id": str(uuid7()), "name": sku}
    variant |= {"version": version, "prices": [_price(price) for price in prices]}
    await neighbours.send("catalog.variant-added.v1", variant)
    known = {"sku": sku, "prices": variant["prices"]}
    await eventually(f"{known}", partial(read_prices, client), lambda prices: known in prices)


def _price(price: int | dict[str, Any]) -> dict[str, Any]:
    return money(price) if isinstance(price, int) else price


async def read_prices(client: httpx.AsyncClient) -> list[Any]:
    items: list[Any] = (await read(client, "/v1/prices", {"limit": 500}))["items"]
    return items


def order_body(*lines: tuple[str, int], **changes: Any) -> dict[str, Any]:
    return {
        "customer_ref": "17850",
        "currency": "GBP",
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
        "payment": {"token": "tok_approve"},
        **changes,
    }


async def place(client: httpx.AsyncClient, body: dict[str, Any], key: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key or str(uuid7())}
    return await client.post("/v1/orders", json=body, headers=headers)


async def orders_of(client: httpx.AsyncClient, customer_ref: str, **query: Any) -> list[Any]:
    params = {"customer_ref": customer_ref, **query}
    items: list[Any] = (await client.get("/v1/orders", params=params)).json()["items"]
    return items


async def cancel(client: httpx.AsyncClient, order_id: str) -> httpx.Response:
    headers = {"Idempotency-Key": str(uuid7())}
    return await client.post(f"/v1/orders/{order_id}/cancellation", headers=headers)


async def reply(neighbours: FakeService, name: str, order_id: str, **more: Any) -> None:
    await neighbours.send(f"{name}.v1", {"order_id": order_id, **more})


async def wait_for_event(neighbours: FakeService, event_type: str, order_id: str) -> ReceivedEvent:
    """Wait for an event of this type about the order."""
    received: list[ReceivedEvent] = []
    while not any(each.type == event_type for each in received):
        assert not {each.type for each in received} & LAST, (
            f"no {event_type} comes after {received}"
        )
        received = list(await neighbours.receive(order_id, len(received) + 1))
    return next(each for each in reversed(received) if each.type == event_type)


async def reserve(neighbours: FakeService, order_id: str) -> None:
    await wait_for_event(neighbours, "inventory.reserve-stock.v1", order_id)
    expires_at = "2026-11-22T10:00:00Z"
    await reply(neighbours, "inventory.stock-reserved", order_id, expires_at=expires_at)


async def confirm(neighbours: FakeService, order_id: str) -> None:
    """Send the replies of inventory and payments up to the confirmation."""
    await reserve(neighbours, order_id)
    authorize = await wait_for_event(neighbours, "payments.authorize-payment.v2", order_id)
    paid = {"payment_id": str(uuid7()), "amount": authorize.data["amount"]}
    await reply(neighbours, "payments.payment-authorized", order_id, **paid)
    await wait_for_event(neighbours, "inventory.commit-stock.v1", order_id)
    await reply(neighbours, "inventory.stock-committed", order_id)
    await wait_for_event(neighbours, "payments.capture-payment.v1", order_id)


async def wait_for_history(client: httpx.AsyncClient, order_id: str, state: str) -> list[str]:
    async def read_states() -> list[str]:
        history = await read(client, f"/v1/orders/{order_id}/history")
        return [each["state"] for each in history["transitions"]]

    return await eventually(
        f"the history of {order_id} to end with {state}",
        read_states,
        lambda states: states[-1] == state,
    )
