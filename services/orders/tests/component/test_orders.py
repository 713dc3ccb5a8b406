"""The operations of orders over HTTP, with fake neighbours; the contract is checked."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

import orders
from waybill_toolkit.testing.bad_input import bad_requests
from waybill_toolkit.testing.contract_check import Contract
from waybill_toolkit.testing.fake_service import FakeService

from .driving import (
    SKU,
    add_variant,
    gross,
    money,
    order_body,
    orders_of,
    place,
    read_prices,
    wait_for_event,
)

CONTRACT_FILE = Path(orders.__file__).with_name("contract") / "openapi.json"
EXAMPLES = Path(__file__).parents[4] / "contracts" / "orders" / "examples"
BAD_REQUESTS = bad_requests(Contract.load(CONTRACT_FILE), EXAMPLES)

PRICED, RISEN = "ORDERS-P", "ORDERS-R"
"""SKUs for the price tests."""


async def test_fields_of_a_placed_order_are_in_the_response_and_the_event(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    """Checks each string field of the example, so it includes fields that are added later."""
    await add_variant(client, neighbours, SKU, 255)
    example = json.loads((EXAMPLES / "PlaceOrder" / "valid-two-lines.json").read_bytes())
    example["lines"] = [{"sku": SKU, "quantity": 1}]

    placed = (await place(client, example)).json()
    read = (await client.get(f"/v1/orders/{placed['order_id']}")).json()
    event = await wait_for_event(neighbours, "orders.order-placed.v1", placed["order_id"])

    for schema, document, values in (
        ("Order", "openapi.json", placed),
        ("Order", "openapi.json", read),
        ("OrderPlaced", "asyncapi.json", event.data),
    ):
        written = json.loads(CONTRACT_FILE.with_name(document).read_bytes())
        fields = written["components"]["schemas"][schema]["properties"]
        plain = {name: value for name, value in example.items() if isinstance(value, str)}
        kept = {name: value for name, value in plain.items() if name in fields}
        assert kept.keys() >= {"customer_ref", "reference"}
        assert {name: values.get(name) for name in kept} == kept


async def test_repeated_requests_with_one_key_place_one_order(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await add_variant(client, neighbours, SKU, 255)
    body = order_body((SKU, 1), customer_ref="repeats")

    answers = await asyncio.gather(*(place(client, body, key="same") for _ in range(8)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    placed = [answer.json() for answer in answers if answer.status_code == 201]
    assert all(order == placed[0] for order in placed)
    assert (await place(client, body, key="same")).json() == placed[0]
    assert len(await orders_of(client, "repeats")) == 1
    other = await place(client, order_body((SKU, 2)), key="same")
    assert other.json()["type"].endswith(":idempotency-key-reused")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (order_body(), "empty-order"),
        (order_body(("Z", 1)), "unknown-sku"),
        (order_body((SKU, 1), currency="EUR"), "currency-mismatch"),
        (order_body((SKU, 1), currency="ZZZ"), "unknown-currency"),
        (order_body((SKU, 0)), "quantity-out-of-range"),
        (order_body((SKU, 10_001)), "quantity-out-of-range"),
    ],
)
async def test_an_unacceptable_order_gets_its_problem_and_is_not_stored(
    client: httpx.AsyncClient, neighbours: FakeService, body: dict[str, Any], problem: str
) -> None:
    await add_variant(client, neighbours, SKU, 255)

    refused = await place(client, {**body, "customer_ref": "refused"})

    assert refused.status_code == 422
    assert refused.json()["type"] == f"urn:waybill:problem:{problem}"
    assert await orders_of(client, "refused") == []


@pytest.mark.parametrize("field", ["reference", "customer_ref"])
@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("Café 日本\u3000№ 7 👨\u200d👩", 201),
        ("PO-1\nPO-2", 422),
        ("PO-\x1b[31m1", 422),
        ("PO-\x85", 422),
        ("shop-\u202e7", 422),
        ("shop\u20667", 422),
        (" ", 422),
        (" PO-1", 422),
        ("PO-1\u00a0", 422),
    ],
)
async def test_a_name_is_refused_when_it_could_change_how_logs_and_pages_read(
    client: httpx.AsyncClient, neighbours: FakeService, field: str, name: str, status: int
) -> None:
    await add_variant(client, neighbours, SKU, 255)

    answer = await place(client, {**order_body((SKU, 1)), field: name})

    assert answer.status_code == status
    if status == 422:
        [fault] = answer.json()["errors"]
        assert fault["pointer"] == f"/{field}"


async def test_an_order_is_refused_when_the_price_rose_after_the_customer_saw_it(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await add_variant(client, neighbours, RISEN, 1000)
    line = {"sku": RISEN, "quantity": 1, "expected_unit_price": money(1000)}
    body = {**order_body(), "customer_ref": "saw-1000", "lines": [line]}
    assert gross((await place(client, body)).json()) == money(1000)
    # The service still remembers the former price when the next order comes.
    await add_variant(client, neighbours, RISEN, 1500, version=2)

    refused = await place(client, body)
    agreed = {**body, "lines": [{**line, "expected_unit_price": money(1500)}]}

    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:waybill:problem:price-changed"
    assert (refused.json()["amount_minor"], refused.json()["currency"]) == (1500, "GBP")
    assert refused.json()["pointer"] == "/lines/0/expected_unit_price"
    assert gross((await place(client, agreed)).json()) == money(1500)
    assert len(await orders_of(client, "saw-1000")) == 2


async def test_2_1_a_total_above_the_one_that_the_customer_saw_is_refused_and_nothing_is_placed(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await add_variant(client, neighbours, "ORDERS-T", 1000)
    body = order_body(("ORDERS-T", 1), customer_ref="saw", expected_total=money(1000))
    assert gross((await place(client, body)).json()) == money(1000)
    await add_variant(client, neighbours, "ORDERS-T", 1500, version=2)

    refused = await place(client, body)

    assert (refused.status_code, refused.json()["type"]) == (
        422,
        "urn:waybill:problem:price-changed",
    )
    assert refused.json()["pointer"] == "/expected_total"
    assert (refused.json()["amount_minor"], refused.json()["currency"]) == (1500, "GBP")
    assert len(await orders_of(client, "saw")) == 1
    agreed = await place(client, {**body, "expected_total": money(1500)})
    assert gross(agreed.json()) == money(1500)


async def test_2_1_a_total_below_the_one_that_the_customer_saw_is_charged(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await add_variant(client, neighbours, "ORDERS-L", 1500)
    await add_variant(client, neighbours, "ORDERS-L", 1000, version=2)

    placed = await place(client, order_body(("ORDERS-L", 1), expected_total=money(1500)))

    assert placed.status_code == 201
    assert gross(placed.json()) == money(1000)
    event = await wait_for_event(neighbours, "orders.order-placed.v1", placed.json()["order_id"])
    assert gross(event.data) == money(1000)


async def test_4_5_the_response_and_the_event_have_the_same_totals_and_lines(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await add_variant(client, neighbours, SKU, 255)

    placed = (await place(client, order_body((SKU, 2), (SKU, 1)))).json()
    read = (await client.get(f"/v1/orders/{placed['order_id']}")).json()
    event = await wait_for_event(neighbours, "orders.order-placed.v1", placed["order_id"])

    assert placed["totals"] == {
        "currency": "GBP",
        "prices_include_tax": True,
        "lines_minor": 765,
        "discounts_minor": 0,
        "shipping": {"net_minor": 0, "tax_minor": 0, "gross_minor": 0},
        "taxes": [{"rate_ppm": 0, "net_minor": 765, "tax_minor": 0}],
        "net_minor": 765,
        "tax_minor": 0,
        "gross_minor": 765,
    }
    assert placed["lines"][1] == {
        "sku": SKU,
        "quantity": 1,
        "unit_price": money(255),
        "discount_minor": 0,
        "tax_rate_ppm": 0,
        "net_minor": 255,
        "tax_minor": 0,
        "gross_minor": 255,
    }
    for other in (read, event.data):
        assert (other["totals"], other["lines"]) == (placed["totals"], placed["lines"])


async def test_orders_are_listed_by_page_and_filter(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await add_variant(client, neighbours, SKU, 255)
    for number in range(5):
        await place(client, order_body((SKU, 1), reference=f"r{number}", customer_ref="lists"))

    pages: list[list[str]] = []
    query: dict[str, Any] = {"customer_ref": "lists", "limit": 2}
    while query.get("cursor", "first") is not None:
        page = (await client.get("/v1/orders", params=query)).json()
        pages.append([order["reference"] for order in page["items"]])
        query["cursor"] = page["next_cursor"]

    assert pages == [["r4", "r3"], ["r2", "r1"], ["r0"]]
    assert [o["reference"] for o in await orders_of(client, "lists", reference="r2")] == ["r2"]
    assert await orders_of(client, "lists", status="confirmed") == []


async def test_a_page_of_large_orders_is_shorter(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await add_variant(client, neighbours, SKU, 255)
    for number in range(6):
        body = order_body(*[(SKU, 1)] * 1_000, reference=f"l{number}", customer_ref="large")
        await place(client, body)

    query: dict[str, Any] = {"customer_ref": "large", "limit": 500}
    first = (await client.get("/v1/orders", params=query)).json()
    query["cursor"] = first["next_cursor"]
    second = (await client.get("/v1/orders", params=query)).json()

    assert [order["reference"] for order in first["items"]] == ["l5", "l4", "l3", "l2"]
    assert {len(order["lines"]) for order in first["items"]} == {1_000}
    assert [order["reference"] for order in second["items"]] == ["l1", "l0"]
    assert second["next_cursor"] is None


async def test_an_older_price_that_arrives_late_is_ignored(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await add_variant(client, neighbours, PRICED, 300, version=2)
    older = {"sku": PRICED, "prices": [money(255)], "version": 1}
    await neighbours.send("catalog.price-changed.v1", older)
    await add_variant(
        client, neighbours, PRICED, 310, version=3
    )  # same key, so handled after the older one

    assert {"sku": PRICED, "prices": [money(310)]} in await read_prices(client)


async def test_an_order_has_the_newest_price_when_the_process_has_an_older_one_cached(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    sku = "ORDERS-N"
    await add_variant(client, neighbours, sku, 100)
    assert gross((await place(client, order_body((sku, 2)))).json()) == money(200)
    await add_variant(client, neighbours, sku, 110, version=2)
    assert gross((await place(client, order_body((sku, 2)))).json()) == money(220)
    assert gross((await place(client, order_body((sku, 2)))).json()) == money(220)


async def test_bad_input_gets_the_problem_that_the_contract_names(
    client: httpx.AsyncClient, subtests: pytest.Subtests
) -> None:
    for bad in BAD_REQUESTS:
        with subtests.test(str(bad)):
            await bad.send(client)


async def test_the_contract_names_the_address_of_this_instance(
    client: httpx.AsyncClient,
) -> None:
    published = json.loads(CONTRACT_FILE.read_bytes())
    served = (await client.get("/openapi.json")).json()
    assert served["servers"] == [{"url": str(client.base_url).rstrip("/")}]
    assert "securitySchemes" not in served["components"]  # access is open here
    assert (served["info"], list(served["paths"])) == (published["info"], list(published["paths"]))
