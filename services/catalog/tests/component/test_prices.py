"""Prices over HTTP: what they may be, and when they are valid."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

GBP_255 = {"amount_minor": 255, "currency": "GBP"}
PHONE_IDR = {"amount_minor": 1_599_900_000, "currency": "IDR"}
PHONE_GBP = {"amount_minor": 1_599_900_000, "currency": "GBP"}
NOBODYS = {"amount_minor": 1, "currency": "ZZZ"}


async def _create(client: httpx.AsyncClient, *skus: str) -> Any:
    variants = [{"sku": sku, "price": GBP_255} for sku in skus]
    response = await client.post(
        "/v1/products", json={"name": "Mug", "variants": variants}, headers=_key("create")
    )
    assert response.status_code == 201, response.text
    return response.json()


def _key(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


@pytest.mark.parametrize(
    ("price", "problem", "pointer"),
    [(NOBODYS, "unknown-currency", "currency"), (PHONE_GBP, "amount-out-of-range", "amount_minor")],
)
async def test_0_1_a_price_that_cannot_be_is_refused_wherever_it_is_set(
    client: httpx.AsyncClient, price: dict[str, Any], problem: str, pointer: str
) -> None:
    product = await _create(client, "A", "B")
    variants = [{"sku": "C", "price": GBP_255}, {"sku": "D", "price": price}]
    refused = {
        "/variants/1/price": await client.post(
            "/v1/products", json={"name": "Mug", "variants": variants}, headers=_key("k")
        ),
        "/price": await client.post(
            f"/v1/products/{product['product_id']}/variants",
            json={"sku": "C", "price": price},
            headers=_key("l"),
        ),
        "/price ": await client.put(
            "/v1/variants/A/price", json={"price": price}, headers={"If-Match": '"1"'}
        ),
    }

    for where, answer in refused.items():
        assert answer.status_code == 422
        assert answer.json()["type"] == f"urn:waybill:problem:{problem}"
        assert answer.json()["pointer"] == f"{where.strip()}/{pointer}"
        assert answer.json()["currency"] == price["currency"]
    assert [each["sku"] for each in (await client.get("/v1/variants")).json()["items"]] == [
        "A",
        "B",
    ]


async def test_0_2_a_telephone_in_rupiahs_is_a_price(client: httpx.AsyncClient) -> None:
    await _create(client, "A")
    changed = await client.put(
        "/v1/variants/A/price", json={"price": PHONE_IDR}, headers={"If-Match": '"1"'}
    )
    assert (changed.status_code, changed.json()["price"]) == (200, PHONE_IDR)
