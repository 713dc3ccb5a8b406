"""Money from the catalogue to the payment: digits, limits, validity, and what the customer saw."""

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from waybill.ids import uuid7
from waybill_toolkit.operations.workload.client import Price
from waybill_toolkit.operations.workload.seeding import wait_for_prices
from waybill_toolkit.operations.workload.session import audit_when_settled, client_of
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.testing.eventually import eventually, order_reaches, read

UNITS: Final = 10


class Shop:
    """One SKU, and requests through the gateway."""

    def __init__(self, platform: Platform, gateway: httpx.AsyncClient) -> None:
        self._platform = platform
        self.gateway = gateway
        self.sku = f"MONEY-{uuid7()}"

    async def open(self, *prices: dict[str, Any]) -> None:
        """Add the SKU with these prices, and its stock."""
        variant = {"sku": self.sku, "price": {"amount_minor": 1, "currency": "GBP"}}
        await self.post("/v1/products", {"name": "Money", "variants": [variant]}, 201)
        received = {"delta": UNITS, "reason": "received"}
        await self.post(f"/v1/stock/{self.sku}/adjustments", received, 201)
        await self.set_prices(*prices, version=1)

    async def set_prices(self, *prices: dict[str, Any], version: int) -> None:
        """Replace all prices, which are valid now, and wait until orders has them."""
        path, headers = f"/v1/variants/{self.sku}/prices", {"If-Match": f'"{version}"'}
        answer = await self.gateway.put(path, json={"prices": prices}, headers=headers)
        assert answer.status_code == 200, answer.text
        client = client_of(self._platform)
        known = [Price(each["amount_minor"], each["currency"]) for each in prices]
        await wait_for_prices(client, {self.sku: known})
        client.close()

    async def place(self, quantity: int, currency: str, **more: Any) -> httpx.Response:
        body = {
            "customer_ref": "money",
            "currency": currency,
            "lines": [{"sku": self.sku, "quantity": quantity}],
            "payment": {"token": "tok_approve"},
            **more,
        }
        return await self.gateway.post(
            "/v1/orders", json=body, headers={"Idempotency-Key": str(uuid7())}
        )

    async def post(self, path: str, body: dict[str, Any], status: int) -> None:
        answer = await self.gateway.post(path, json=body, headers={"Idempotency-Key": str(uuid7())})
        assert answer.status_code == status, answer.text

    async def payment_of(self, order_id: str) -> dict[str, Any]:
        """Return the payment of an order when its money has been taken."""

        async def payments() -> list[dict[str, Any]]:
            page = await read(self.gateway, "/v1/payments", {"order_id": order_id})
            found: list[dict[str, Any]] = page["items"]
            return found

        def is_captured(found: list[dict[str, Any]]) -> bool:
            return [each["status"] for each in found] == ["captured"]

        [payment] = await eventually(f"the payment of {order_id}", payments, is_captured)
        return payment


@pytest_asyncio.fixture
async def shop(platform: Platform) -> AsyncIterator[Shop]:
    async with httpx.AsyncClient(base_url=platform.addresses["gateway"], timeout=30) as gateway:
        yield Shop(platform, gateway)


@pytest.mark.parametrize(
    ("amount_minor", "currency"), [(10_000, "JPY"), (18_600, "KWD"), (1_599_900_000, "IDR")]
)
async def test_0_1_an_amount_is_the_same_from_the_catalogue_to_the_payment(
    platform: Platform, shop: Shop, amount_minor: int, currency: str
) -> None:
    price = {"amount_minor": amount_minor, "currency": currency}
    await shop.open(price)

    placed = await shop.place(
        2, currency, expected_total={**price, "amount_minor": 2 * amount_minor}
    )

    assert placed.status_code == 201, placed.text
    order = await order_reaches(shop.gateway, placed.json()["order_id"], "confirmed")
    payment = await shop.payment_of(order["order_id"])
    for total in (order["totals"]["gross_minor"], payment["captured"]["amount_minor"]):
        assert total == 2 * amount_minor
    assert order["totals"]["currency"] == payment["captured"]["currency"] == currency
    assert (await audit_when_settled(platform)).is_ok


async def test_2_1_the_catalogue_changes_a_price_between_the_page_and_the_order(
    platform: Platform, shop: Shop
) -> None:
    seen = {"amount_minor": 1000, "currency": "GBP"}
    await shop.open({"amount_minor": 1500, "currency": "GBP"})

    refused = await shop.place(1, "GBP", expected_total=seen)

    assert (refused.status_code, refused.json()["amount_minor"]) == (422, 1500)
    assert refused.json()["type"] == "urn:waybill:problem:price-changed"
    page = await read(shop.gateway, "/v1/orders", {"customer_ref": "money", "limit": 500})
    lines = [line for each in page["items"] for line in each["lines"]]
    assert shop.sku not in {line["sku"] for line in lines}
    seen["amount_minor"] = 1500
    await shop.set_prices({"amount_minor": 1000, "currency": "GBP"}, version=2)
    placed = await shop.place(1, "GBP", expected_total=seen)
    order = await order_reaches(shop.gateway, placed.json()["order_id"], "confirmed")
    assert order["totals"]["gross_minor"] == 1000
    assert (await shop.payment_of(order["order_id"]))["captured"]["amount_minor"] == 1000
    assert (await audit_when_settled(platform)).is_ok
