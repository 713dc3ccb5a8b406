"""The events that the catalogue publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from waybill.ids import uuid7

if TYPE_CHECKING:
    from waybill_toolkit.testing.fake_service import FakeService


async def test_a_variant_and_its_prices_are_published_in_order(
    client: httpx.AsyncClient, others: FakeService
) -> None:
    sku = f"S-{uuid7()}"
    variants = [{"sku": sku, "price": {"amount_minor": 1, "currency": "GBP"}}]
    created = await client.post(
        "/v1/products",
        json={"name": "Mug", "variants": variants},
        headers={"Idempotency-Key": sku},
    )
    assert created.status_code == 201
    for version in (1, 2):
        changed = await client.put(
            f"/v1/variants/{sku}/price",
            json={"price": {"amount_minor": version + 1, "currency": "GBP"}},
            headers={"If-Match": f'"{version}"'},
        )
        assert changed.status_code == 200

    received = await others.receive(sku, 3)

    assert [each.type for each in received] == [
        "catalog.variant-added.v1",
        "catalog.price-changed.v1",
        "catalog.price-changed.v1",
    ]
    assert [each.data["version"] for each in received] == [1, 2, 3]
    assert [each.data["price"]["amount_minor"] for each in received] == [1, 2, 3]
    assert [each.data["prices"][0]["amount_minor"] for each in received] == [1, 2, 3]


async def test_the_only_price_is_published_only_if_it_is_always_valid(
    client: httpx.AsyncClient, others: FakeService
) -> None:
    sku, price = f"S-{uuid7()}", {"amount_minor": 1, "currency": "GBP"}
    created = await client.post(
        "/v1/products",
        json={"name": "Mug", "variants": [{"sku": sku, "price": price}]},
        headers={"Idempotency-Key": sku},
    )
    assert created.status_code == 201
    ends = {**price, "valid_until": "2026-12-01T00:00:00Z"}
    yen = {"amount_minor": 2, "currency": "JPY"}
    for version, prices in enumerate(([ends], [price, yen], [yen]), start=1):
        changed = await client.put(
            f"/v1/variants/{sku}/prices",
            json={"prices": prices},
            headers={"If-Match": f'"{version}"'},
        )
        assert changed.status_code == 200

    received = await others.receive(sku, 4)

    assert [each.data.get("price") for each in received] == [price, None, None, yen]
    assert [each.data["prices"] for each in received] == [[price], [ends], [price, yen], [yen]]
