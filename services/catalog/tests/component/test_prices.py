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
        "/prices/1": await client.put(
            "/v1/variants/A/prices",
            json={"prices": [GBP_255, price]},
            headers={"If-Match": '"1"'},
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
    assert (changed.status_code, changed.json()["prices"]) == (200, [GBP_255, PHONE_IDR])


def _dated(amount: int, since: str = "", until: str = "", currency: str = "GBP") -> dict[str, Any]:
    """Return a price with its days of November; without one there is no such limit."""
    price: dict[str, Any] = {"amount_minor": amount, "currency": currency}
    return {
        **price,
        **({"valid_from": f"2026-11-{since}T00:00:00Z"} if since else {}),
        **({"valid_until": f"2026-11-{until}T00:00:00Z"} if until else {}),
    }


async def _set_all(
    client: httpx.AsyncClient, *prices: dict[str, Any], version: int = 1
) -> httpx.Response:
    headers = {"If-Match": f'"{version}"'}
    return await client.put("/v1/variants/A/prices", json={"prices": prices}, headers=headers)


async def test_a_variant_has_prices_in_several_currencies_one_after_another(
    client: httpx.AsyncClient,
) -> None:
    await _create(client, "A")
    week = [_dated(255, until="20"), _dated(199, "20", "27"), _dated(255, "27")]
    yen = _dated(500, currency="JPY")

    changed = await _set_all(client, *week, yen)

    assert changed.status_code == 200
    assert changed.json()["prices"] == [*week, yen]
    assert changed.headers["etag"] == '"2"'
    assert (await client.get("/v1/variants/A")).json() == changed.json()
    listed = (await client.get("/v1/variants")).json()["items"]
    [product] = (await client.get("/v1/products")).json()["items"]
    assert listed == product["variants"] == [changed.json()]
    assert (await _set_all(client, yen, version=1)).status_code == 412


async def test_a_price_for_one_currency_replaces_all_of_that_currency(
    client: httpx.AsyncClient,
) -> None:
    await _create(client, "A")
    yen = _dated(500, currency="JPY")
    await _set_all(client, _dated(255, until="20"), yen, _dated(199, "20"))

    changed = await client.put(
        "/v1/variants/A/price", json={"price": _dated(300)}, headers={"If-Match": '"2"'}
    )

    assert changed.json()["prices"] == [yen, _dated(300)]


@pytest.mark.parametrize(
    ("prices", "pointer", "detail"),
    [
        ([_dated(1, "20", "20")], "/prices/0", "ends before it is valid"),
        ([_dated(1, "21", "20")], "/prices/0", "ends before it is valid"),
        ([_dated(1), _dated(2)], "/prices/1", "Prices 0 and 1 in GBP"),
        ([_dated(1, "20"), _dated(2, until="21")], "/prices/1", "Prices 0 and 1 in GBP"),
        (
            [_dated(1, "20"), _dated(2, currency="EUR"), _dated(3, "01", "21")],
            "/prices/2",
            "Prices 0 and 2 in GBP",
        ),
    ],
)
async def test_two_prices_of_a_currency_are_never_valid_at_once(
    client: httpx.AsyncClient, prices: list[dict[str, Any]], pointer: str, detail: str
) -> None:
    await _create(client, "A")

    refused = await _set_all(client, *prices)

    assert (refused.status_code, refused.json()["pointer"]) == (422, pointer)
    assert refused.json()["type"] == "urn:waybill:problem:invalid-validity"
    assert detail in refused.json()["detail"]
    assert (await client.get("/v1/variants/A")).json()["prices"] == [GBP_255]


async def test_a_price_may_begin_when_another_one_ends(client: httpx.AsyncClient) -> None:
    await _create(client, "A")
    assert (await _set_all(client, _dated(2, "20"), _dated(1, until="20"))).status_code == 200


async def test_prices_of_an_unknown_variant_are_not_set(client: httpx.AsyncClient) -> None:
    assert (await _set_all(client, _dated(1))).status_code == 404
