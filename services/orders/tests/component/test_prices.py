"""The copy of the catalogue's prices, and which of them an order gets."""

from datetime import timedelta
from typing import Any

import httpx

from waybill.clock import SystemClock
from waybill_toolkit.testing.eventually import eventually
from waybill_toolkit.testing.fake_service import FakeService

from .driving import add_variant, gross, money, order_body, place, read_prices


def _instant(hours: int) -> str:
    """Return an instant that is so many hours from now, as the contracts write it."""
    return f"{SystemClock().now() + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S.123456Z}"


async def test_an_order_has_the_price_in_its_currency_that_is_valid_now(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    prices = [
        {**money(255), "valid_until": _instant(-1)},
        {**money(199), "valid_from": _instant(-1), "valid_until": _instant(1)},
        {**money(300), "valid_from": _instant(1)},
        money(500, "JPY"),
    ]
    await add_variant(client, neighbours, "ORDERS-D", *prices)

    in_pounds = await place(client, order_body(("ORDERS-D", 2)))
    in_yen = await place(client, order_body(("ORDERS-D", 2), currency="JPY"))
    in_euros = await place(client, order_body(("ORDERS-D", 2), currency="EUR"))

    assert gross(in_pounds.json()) == money(398)
    assert gross(in_yen.json()) == money(1000, "JPY")
    assert in_euros.json()["type"] == "urn:waybill:problem:currency-mismatch"
    assert in_euros.json()["price_currencies"] == ["GBP", "JPY"]


async def test_new_prices_replace_all_former_ones(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    await add_variant(client, neighbours, "ORDERS-V", 100, money(200, "EUR"), money(300, "JPY"))
    assert (await place(client, order_body(("ORDERS-V", 1), currency="EUR"))).status_code == 201

    await add_variant(client, neighbours, "ORDERS-V", 110, version=2)

    assert {"sku": "ORDERS-V", "prices": [money(110)]} in await read_prices(client)
    refused = await place(client, order_body(("ORDERS-V", 1), currency="EUR"))
    assert refused.json()["type"] == "urn:waybill:problem:currency-mismatch"


async def test_an_event_of_an_earlier_release_has_one_price(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    changed = {"sku": "ORDERS-E", "price": money(255), "version": 1}
    await neighbours.send("catalog.price-changed.v1", changed)
    known = {"sku": "ORDERS-E", "prices": [money(255)]}

    def is_known(prices: list[Any]) -> bool:
        return known in prices

    await eventually(f"{known}", lambda: read_prices(client), is_known)
    assert gross((await place(client, order_body(("ORDERS-E", 1)))).json()) == money(255)


async def test_a_price_without_a_currency_is_left_out(
    client: httpx.AsyncClient, neighbours: FakeService
) -> None:
    changed = {"sku": "ORDERS-Z", "prices": [money(1, "ZZZ")], "version": 1}
    await neighbours.send("catalog.price-changed.v1", changed)
    known = {"sku": "ORDERS-Z", "prices": list[Any]()}

    def is_known(prices: list[Any]) -> bool:
        return known in prices

    await eventually(f"{known}", lambda: read_prices(client), is_known)
    refused = await place(client, order_body(("ORDERS-Z", 1)))
    assert refused.json()["type"] == "urn:waybill:problem:currency-mismatch"
    assert refused.json()["price_currencies"] == []
