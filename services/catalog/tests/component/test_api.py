"""The whole service over HTTP, with PostgreSQL and a broker; the contract is checked throughout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

import catalog
from waybill_toolkit.testing.bad_input import bad_requests, refused_callers
from waybill_toolkit.testing.contract_check import Contract

EXAMPLES = Path(__file__).parents[4] / "contracts" / "catalog" / "examples"
CONTRACT_FILE = Path(catalog.__file__).with_name("contract") / "openapi.json"
CONTRACT = Contract.load(CONTRACT_FILE)

GBP_255 = {"amount_minor": 255, "currency": "GBP"}
GBP_275 = {"amount_minor": 275, "currency": "GBP"}


def _key(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


async def _create(client: httpx.AsyncClient, *skus: str, key: str = "", name: str = "Mug") -> Any:
    variants = [{"sku": sku, "price": GBP_255} for sku in skus]
    response = await client.post(
        "/v1/products",
        json={"name": name, "variants": variants},
        headers=_key(key or "create-" + "".join(skus).replace(" ", "-")),
    )
    assert response.status_code == 201, response.text
    return response.json()


async def test_a_new_product_is_found_at_its_location(client: httpx.AsyncClient) -> None:
    variant = {"sku": "85123A", "name": "White", "price": GBP_255}
    body = {"name": "Holder", "description": "Metal.", "variants": [variant]}

    created = await client.post("/v1/products", json=body, headers=_key("k"))

    assert created.status_code == 201
    product = created.json()
    priced = {"sku": "85123A", "name": "White", "prices": [GBP_255], "version": 1}
    assert product["variants"] == [{**priced, "product_id": product["product_id"]}]
    assert (await client.get(created.headers["location"])).json() == product


async def test_a_repeated_request_creates_one_product(
    client: httpx.AsyncClient,
) -> None:
    first = await _create(client, "A", key="same")
    second = await _create(client, "A", key="same")

    assert first == second
    assert len((await client.get("/v1/products")).json()["items"]) == 1


async def test_a_key_is_refused_when_another_request_has_used_it(
    client: httpx.AsyncClient,
) -> None:
    await _create(client, "A", key="same")

    body = {"name": "Other", "variants": [{"sku": "B", "price": GBP_255}]}
    refused = await client.post("/v1/products", json=body, headers=_key("same"))

    assert refused.status_code == 422
    assert refused.json()["type"].endswith(":idempotency-key-reused")


async def test_a_key_can_be_reused_when_its_request_was_refused(
    client: httpx.AsyncClient,
) -> None:
    await _create(client, "A")
    body = {"name": "Other", "variants": [{"sku": "A", "price": GBP_255}]}

    refused = await client.post("/v1/products", json=body, headers=_key("retry"))
    assert (refused.status_code, refused.json()["sku"]) == (409, "A")

    body["variants"] = [{"sku": "B", "price": GBP_255}]
    assert (await client.post("/v1/products", json=body, headers=_key("retry"))).status_code == 201


async def test_a_product_is_refused_when_it_contains_a_sku_twice(client: httpx.AsyncClient) -> None:
    body = {"name": "Mug", "variants": [{"sku": "A", "price": GBP_255}] * 2}

    refused = await client.post("/v1/products", json=body, headers=_key("k"))

    assert (refused.status_code, refused.json()["sku"]) == (422, "A")
    assert refused.json()["type"].endswith(":duplicate-sku")


async def test_a_variant_whose_sku_has_spaces_is_found_at_its_location(
    client: httpx.AsyncClient,
) -> None:
    product = await _create(client, "A")

    added = await client.post(
        f"/v1/products/{product['product_id']}/variants",
        json={"sku": "GIFT 10.5_a-b", "price": GBP_275},
        headers=_key("k"),
    )

    assert added.status_code == 201
    assert added.headers["location"] == "/v1/variants/GIFT%2010.5_a-b"
    found = await client.get(added.headers["location"])
    assert found.json() == added.json()
    assert found.headers["etag"] == added.headers["etag"] == '"1"'


async def test_a_price_change_requires_the_current_etag(client: httpx.AsyncClient) -> None:
    await _create(client, "A")

    changed = await client.put(
        "/v1/variants/A/price", json={"price": GBP_275}, headers={"If-Match": '"1"'}
    )
    assert changed.json()["prices"] == [GBP_275]
    assert changed.headers["etag"] == '"2"'

    late = await client.put(
        "/v1/variants/A/price", json={"price": GBP_255}, headers={"If-Match": '"1"'}
    )
    assert late.status_code == 412
    assert (await client.get("/v1/variants/A")).json()["prices"] == [GBP_275]


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        (['"1"'], 200),
        (['"9", "1"'], 200),
        (['"9"', '"1"'], 200),
        (['W/"9" ,"1"'], 200),
        (["*"], 200),
        (['W/"1"'], 412),
        (['"9", W/"1"'], 412),
        (['"1W/"'], 412),
        ([], 428),
        ([', "1",, "9",'], 200),
        (["1"], 412),
        (['"1" "1"'], 412),
        (['"1", *'], 412),
        (["*, *"], 412),
    ],
)
async def test_if_match_is_read_as_rfc_9110_says(
    client: httpx.AsyncClient, if_match: list[str], status: int
) -> None:
    await _create(client, "A")
    changed = await client.put(
        "/v1/variants/A/price",
        json={"price": GBP_275},
        headers=[("If-Match", each) for each in if_match],
    )
    assert changed.status_code == status


@pytest.mark.parametrize(
    ("if_none_match", "status"),
    [
        (['"1"'], 304),
        (['W/"1"'], 304),
        (['"9", W/"1"'], 304),
        (['"9"', '"1"'], 304),
        (["*"], 304),
        (['"9"'], 200),
        (['"1W/"'], 200),
        (["1"], 200),
        (['"9", *'], 200),
        ([""], 200),
        ([], 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_if_none_match_is_read_as_rfc_9110_says(
    client: httpx.AsyncClient, method: str, if_none_match: list[str], status: int
) -> None:
    await _create(client, "A")
    found = await client.request(
        method, "/v1/variants/A", headers=[("If-None-Match", each) for each in if_none_match]
    )
    assert found.status_code == status
    assert found.headers["etag"] == '"1"'
    assert bool(found.content) is (status == 200 and method == "GET")
    assert ("content-type" in found.headers) is (status == 200)


async def test_a_problem_is_no_unchanged_resource(client: httpx.AsyncClient) -> None:
    found = await client.get("/v1/variants/NONE", headers={"If-None-Match": "*"})
    assert found.status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/products/019ab2d4-0001-7c1a-9a3b-5d0c6f8e2b41"),
        ("GET", "/v1/variants/NONE"),
    ],
)
async def test_unknown_products_and_variants_are_not_found(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    assert (await client.request(method, path)).status_code == 404


async def test_changes_of_unknown_products_and_variants_are_refused(
    client: httpx.AsyncClient,
) -> None:
    price = await client.put(
        "/v1/variants/NONE/price", json={"price": GBP_275}, headers={"If-Match": '"1"'}
    )
    variant = await client.post(
        "/v1/products/019ab2d4-0001-7c1a-9a3b-5d0c6f8e2b41/variants",
        json={"sku": "A", "price": GBP_255},
        headers=_key("k"),
    )

    assert (price.status_code, variant.status_code) == (404, 404)


async def test_pages_list_everything_once_in_order(client: httpx.AsyncClient) -> None:
    products = [await _create(client, f"B{number}", f"A{number}") for number in range(5)]

    assert await _pages(client, "/v1/products", limit=2) == [
        products[:2],
        products[2:4],
        [products[4]],
    ]
    variants = [each for page in await _pages(client, "/v1/variants", limit=5) for each in page]
    assert [each["sku"] for each in variants] == [
        *(f"A{number}" for number in range(5)),
        *(f"B{number}" for number in range(5)),
    ]


async def _pages(client: httpx.AsyncClient, path: str, limit: int) -> list[Any]:
    pages, cursor = [], None
    while True:
        query = {"limit": limit} | ({} if cursor is None else {"cursor": cursor})
        page = (await client.get(path, params=query)).json()
        pages.append(page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            return pages


@pytest.mark.parametrize("path", ["/v1/products", "/v1/variants"])
async def test_an_invalid_cursor_is_refused(client: httpx.AsyncClient, path: str) -> None:
    refused = await client.get(path, params={"cursor": "AAAA"})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/query/cursor"


async def test_bad_input_gets_the_problem_that_the_contract_names(
    client: httpx.AsyncClient, subtests: pytest.Subtests
) -> None:
    for bad in bad_requests(CONTRACT, EXAMPLES):
        with subtests.test(str(bad)):
            await bad.send(client)


async def test_a_caller_without_permission_is_refused(
    stranger: httpx.AsyncClient, subtests: pytest.Subtests
) -> None:
    for bad in refused_callers(CONTRACT, EXAMPLES, powerless="powerless"):
        with subtests.test(str(bad)):
            await bad.send(stranger)


async def test_the_contract_names_the_address_of_this_instance(
    client: httpx.AsyncClient,
) -> None:
    here = {"servers": [{"url": str(client.base_url).rstrip("/")}]}
    served = (await client.get("/openapi.json")).json()
    assert served == json.loads(CONTRACT_FILE.read_bytes()) | here
