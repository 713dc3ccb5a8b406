"""The whole orders service, its neighbours faked over a real broker; the contract is checked."""

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

import orders
from waybill.ids import uuid7
from waybill_toolkit.testing.bad_input import bad_requests
from waybill_toolkit.testing.contract_check import Contract
from waybill_toolkit.testing.eventually import eventually, order_reaches, read
from waybill_toolkit.testing.fake_service import FakeService, Heard

CONTRACT_FILE = Path(orders.__file__).with_name("contract") / "openapi.json"
EXAMPLES = Path(__file__).parents[4] / "contracts" / "orders" / "examples"
BAD_REQUESTS = bad_requests(Contract.load(CONTRACT_FILE), EXAMPLES)

# Names that no other test uses: the broker is shared, and what it holds is heard here.
SKU = "ORDERS-A"
PRICED = "ORDERS-P"

LAST = {"orders.order-rejected.v1", "orders.order-cancelled.v1"}
"""Nothing is published about an order after one of these."""


def _money(amount: int, currency: str = "GBP") -> dict[str, Any]:
    return {"amount_minor": amount, "currency": currency}


async def _sell(
    client: httpx.AsyncClient, neighbours: FakeService, sku: str, amount: int, version: int = 1
) -> None:
    """Have the catalogue announce a variant, and wait until orders knows its price."""
    variant = {"sku": sku, "product_id": str(uuid7()), "name": sku, "version": version}
    variant["price"] = _money(amount)
    await neighbours.send("catalog.variant-added.v1", variant)
    known = {"sku": sku, "price": _money(amount)}
    await eventually(f"{known}", partial(_prices, client), lambda prices: known in prices)


async def _prices(client: httpx.AsyncClient) -> list[Any]:
    items: list[Any] = (await read(client, "/v1/prices", {"limit": 500}))["items"]
    return items


def _order(*lines: tuple[str, int], **changes: Any) -> dict[str, Any]:
    return {
        "customer_ref": "17850",
        "currency": "GBP",
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
        "payment": {"token": "tok_approve"},
        **changes,
    }


async def _place(client: httpx.AsyncClient, body: dict[str, Any], key: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key or str(uuid7())}
    return await client.post("/v1/orders", json=body, headers=headers)


async def _orders_of(client: httpx.AsyncClient, customer_ref: str, **query: Any) -> list[Any]:
    params = {"customer_ref": customer_ref, **query}
    items: list[Any] = (await client.get("/v1/orders", params=params)).json()["items"]
    return items


async def _cancel(client: httpx.AsyncClient, order_id: str) -> httpx.Response:
    headers = {"Idempotency-Key": str(uuid7())}
    return await client.post(f"/v1/orders/{order_id}/cancellation", headers=headers)


async def _answer(neighbours: FakeService, name: str, order_id: str, **more: Any) -> None:
    await neighbours.send(f"{name}.v1", {"order_id": order_id, **more})


async def _next(neighbours: FakeService, event_type: str, order_id: str) -> Heard:
    """Wait for an event of this type about the order."""
    heard: list[Heard] = []
    while not any(each.type == event_type for each in heard):
        assert not {each.type for each in heard} & LAST, f"no {event_type} comes after {heard}"
        heard = list(await neighbours.hear(order_id, len(heard) + 1))
    return next(each for each in reversed(heard) if each.type == event_type)


async def _reserve(neighbours: FakeService, order_id: str) -> None:
    await _next(neighbours, "inventory.reserve-stock.v1", order_id)
    expires_at = "2026-11-22T10:00:00Z"
    await _answer(neighbours, "inventory.stock-reserved", order_id, expires_at=expires_at)


async def _confirm(neighbours: FakeService, order_id: str) -> None:
    """Play both neighbours up to the confirmation."""
    await _reserve(neighbours, order_id)
    authorize = await _next(neighbours, "payments.authorize-payment.v1", order_id)
    paid = {"payment_id": str(uuid7()), "amount": authorize.data["amount"]}
    await _answer(neighbours, "payments.payment-authorized", order_id, **paid)
    await _next(neighbours, "inventory.commit-stock.v1", order_id)
    await _answer(neighbours, "inventory.stock-committed", order_id)
    await _next(neighbours, "payments.capture-payment.v1", order_id)


async def test_an_order_is_confirmed_when_its_neighbours_do_their_part(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await _sell(client, neighbours, SKU, 255)

    placed = await _place(client, _order((SKU, 2), (SKU, 1), reference="536365"))
    order_id = placed.json()["order_id"]

    assert placed.status_code == 201
    assert placed.headers["location"] == f"/v1/orders/{order_id}"
    assert placed.json()["total"] == _money(765)
    reserve = await _next(neighbours, "inventory.reserve-stock.v1", order_id)
    assert reserve.data["lines"] == [{"sku": SKU, "quantity": 3}]
    assert reserve.traceparent[3:35] == placed.headers["x-trace-id"]
    await _next(neighbours, "orders.order-placed.v1", order_id)
    expires_at = "2026-11-22T10:00:00Z"
    await _answer(neighbours, "inventory.stock-reserved", order_id, expires_at=expires_at)
    authorize = await _next(neighbours, "payments.authorize-payment.v1", order_id)
    assert authorize.data["amount"] == _money(765)
    paid = {"payment_id": str(uuid7()), "amount": _money(765)}
    await _answer(neighbours, "payments.payment-authorized", order_id, **paid)
    await _next(neighbours, "inventory.commit-stock.v1", order_id)
    assert (await client.get(f"/v1/orders/{order_id}")).json()["status"] == "placed"
    await _answer(neighbours, "inventory.stock-committed", order_id)
    await order_reaches(client, order_id, "confirmed")
    await _next(neighbours, "orders.order-confirmed.v1", order_id)
    await _next(neighbours, "payments.capture-payment.v1", order_id)
    await _answer(neighbours, "payments.payment-captured", order_id, **paid)
    history = await _story_until(client, order_id, "completed")
    assert history == [
        "reserve-stock",
        "authorize-payment",
        "commit-stock",
        "capture-payment",
        "completed",
    ]


async def test_what_an_order_is_placed_with_is_answered_and_told_where_the_contract_has_it(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    """Each field of the example that has a plain value, so one that was added is looked at, too."""
    await _sell(client, neighbours, SKU, 255)
    example = json.loads((EXAMPLES / "PlaceOrder" / "valid-two-lines.json").read_bytes())
    example["lines"] = [{"sku": SKU, "quantity": 1}]

    placed = (await _place(client, example)).json()
    read = (await client.get(f"/v1/orders/{placed['order_id']}")).json()
    told = await _next(neighbours, "orders.order-placed.v1", placed["order_id"])

    for schema, document, values in (
        ("Order", "openapi.json", placed),
        ("Order", "openapi.json", read),
        ("OrderPlaced", "asyncapi.json", told.data),
    ):
        written = json.loads(CONTRACT_FILE.with_name(document).read_bytes())
        fields = written["components"]["schemas"][schema]["properties"]
        plain = {name: value for name, value in example.items() if isinstance(value, str)}
        kept = {name: value for name, value in plain.items() if name in fields}
        assert kept.keys() >= {"customer_ref", "reference"}
        assert {name: values.get(name) for name in kept} == kept


async def _story_until(client: httpx.AsyncClient, order_id: str, state: str) -> list[str]:
    async def look() -> list[str]:
        history = await read(client, f"/v1/orders/{order_id}/history")
        return [each["state"] for each in history["transitions"]]

    return await eventually(
        f"the history of {order_id} to end with {state}", look, lambda states: states[-1] == state
    )


async def test_an_order_is_rejected_at_once_when_there_is_too_little_stock(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await _sell(client, neighbours, SKU, 255)
    order_id = (await _place(client, _order((SKU, 6)))).json()["order_id"]
    await _next(neighbours, "inventory.reserve-stock.v1", order_id)
    shortages = [{"sku": SKU, "wanted": 6, "on_hand": 2}]
    await _answer(neighbours, "inventory.stock-refused", order_id, shortages=shortages)

    order = await order_reaches(client, order_id, "rejected")

    assert order["rejection"] == {"code": "out_of_stock", "detail": f"{SKU}: 6 wanted, 2 on hand"}
    rejected = await _next(neighbours, "orders.order-rejected.v1", order_id)
    assert rejected.data["code"] == "out_of_stock"


async def test_a_declined_order_is_rejected_when_its_stock_is_released(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await _sell(client, neighbours, SKU, 255)
    order_id = (await _place(client, _order((SKU, 1)))).json()["order_id"]
    await _reserve(neighbours, order_id)
    await _next(neighbours, "payments.authorize-payment.v1", order_id)
    declined = {"payment_id": str(uuid7()), "decline_code": "insufficient_funds"}
    await _answer(neighbours, "payments.payment-declined", order_id, **declined)
    await _next(neighbours, "inventory.release-stock.v1", order_id)
    assert (await client.get(f"/v1/orders/{order_id}")).json()["status"] == "placed"
    await _answer(neighbours, "inventory.stock-released", order_id)

    order = await order_reaches(client, order_id, "rejected")

    assert order["rejection"] == {"code": "payment_declined", "detail": "insufficient_funds"}


async def test_a_confirmed_order_is_refunded_and_released_when_it_is_cancelled(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await _sell(client, neighbours, SKU, 255)
    order_id = (await _place(client, _order((SKU, 1)))).json()["order_id"]
    await _confirm(neighbours, order_id)
    await order_reaches(client, order_id, "confirmed")

    cancelled = await _cancel(client, order_id)

    assert (cancelled.status_code, cancelled.json()["status"]) == (202, "cancelling")
    await _next(neighbours, "payments.reverse-payment.v1", order_id)
    refunded = {"payment_id": str(uuid7()), "amount": _money(255)}
    await _answer(neighbours, "payments.payment-refunded", order_id, **refunded)
    await _next(neighbours, "inventory.release-stock.v1", order_id)
    await _answer(neighbours, "inventory.stock-released", order_id)
    await order_reaches(client, order_id, "cancelled")
    await _next(neighbours, "orders.order-cancelled.v1", order_id)
    again = await _cancel(client, order_id)
    assert (again.status_code, again.json()["status"]) == (202, "cancelled")


async def test_a_rejected_order_cannot_be_cancelled(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await _sell(client, neighbours, SKU, 255)
    order_id = (await _place(client, _order((SKU, 6)))).json()["order_id"]
    await _answer(neighbours, "inventory.stock-refused", order_id, shortages=[])
    await order_reaches(client, order_id, "rejected")

    refused = await _cancel(client, order_id)

    assert refused.json()["type"].endswith(":order-not-cancellable")


async def test_a_key_places_one_order_however_often_it_is_sent(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await _sell(client, neighbours, SKU, 255)
    body = _order((SKU, 1), customer_ref="repeats")

    answers = await asyncio.gather(*(_place(client, body, key="same") for _ in range(8)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    placed = [answer.json() for answer in answers if answer.status_code == 201]
    assert all(order == placed[0] for order in placed)
    assert (await _place(client, body, key="same")).json() == placed[0]
    assert len(await _orders_of(client, "repeats")) == 1
    other = await _place(client, _order((SKU, 2)), key="same")
    assert other.json()["type"].endswith(":idempotency-key-reused")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (_order(), "empty-order"),
        (_order(("Z", 1)), "unknown-sku"),
        (_order((SKU, 1), currency="EUR"), "currency-mismatch"),
        (_order((SKU, 0)), "quantity-out-of-range"),
        (_order((SKU, 10_001)), "quantity-out-of-range"),
    ],
)
async def test_an_unacceptable_order_gets_a_problem_of_its_own_and_leaves_nothing(
    client: httpx.AsyncClient, neighbours: FakeService, body: dict[str, Any], problem: str
) -> None:
    await _sell(client, neighbours, SKU, 255)

    refused = await _place(client, {**body, "customer_ref": "refused"})

    assert refused.status_code == 422
    assert refused.json()["type"] == f"urn:waybill:problem:{problem}"
    assert await _orders_of(client, "refused") == []


async def test_orders_are_listed_by_page_and_filter(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await _sell(client, neighbours, SKU, 255)
    for number in range(5):
        await _place(client, _order((SKU, 1), reference=f"r{number}", customer_ref="lists"))

    pages: list[list[str]] = []
    query: dict[str, Any] = {"customer_ref": "lists", "limit": 2}
    while query.get("cursor", "first") is not None:
        page = (await client.get("/v1/orders", params=query)).json()
        pages.append([order["reference"] for order in page["items"]])
        query["cursor"] = page["next_cursor"]

    assert pages == [["r4", "r3"], ["r2", "r1"], ["r0"]]
    assert [o["reference"] for o in await _orders_of(client, "lists", reference="r2")] == ["r2"]
    assert await _orders_of(client, "lists", status="confirmed") == []


async def test_the_newest_price_stays_when_an_older_one_arrives_late(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await _sell(client, neighbours, PRICED, 300, version=2)
    older = {"sku": PRICED, "price": _money(255), "version": 1}
    await neighbours.send("catalog.price-changed.v1", older)
    await _sell(
        client, neighbours, PRICED, 310, version=3
    )  # same key: the older one was read before

    assert {"sku": PRICED, "price": _money(310)} in await _prices(client)


async def test_an_order_costs_the_newest_price_when_the_process_remembers_an_older_one(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    sku = "ORDERS-N"
    await _sell(client, neighbours, sku, 100)
    assert (await _place(client, _order((sku, 2)))).json()["total"] == _money(200)
    await _sell(client, neighbours, sku, 110, version=2)
    assert (await _place(client, _order((sku, 2)))).json()["total"] == _money(220)
    assert (await _place(client, _order((sku, 2)))).json()["total"] == _money(220)


async def test_bad_input_gets_the_problem_that_the_contract_names(
    client: httpx.AsyncClient, subtests: pytest.Subtests
) -> None:
    for bad in BAD_REQUESTS:
        with subtests.test(str(bad)):
            await bad.send(client)


async def test_the_contract_is_served_byte_for_byte(client: httpx.AsyncClient) -> None:
    assert (await client.get("/openapi.json")).content == CONTRACT_FILE.read_bytes()
