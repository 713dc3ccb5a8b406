"""The whole service over HTTP; every response is checked against the contract."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

import inventory
from waybill.ids import uuid7
from waybill_toolkit.testing.bad_input import bad_requests, refused_callers
from waybill_toolkit.testing.contract_check import Contract

EXAMPLES = Path(__file__).parents[4] / "contracts" / "inventory" / "examples"
CONTRACT_FILE = Path(inventory.__file__).with_name("contract") / "openapi.json"
CONTRACT = Contract.load(CONTRACT_FILE)


@pytest.fixture
def sku() -> str:
    """A SKU that no other test uses."""
    return f"S {uuid7()}"


async def _adjust(
    client: httpx.AsyncClient, sku: str, delta: int, key: str, reason: str = "received"
) -> httpx.Response:
    return await client.post(
        f"/v1/stock/{sku}/adjustments",
        json={"delta": delta, "reason": reason},
        headers={"Idempotency-Key": f"{sku}-{key}".replace(" ", "-")},
    )


def _level(sku: str, on_hand: int) -> dict[str, Any]:
    return {"sku": sku, "on_hand": on_hand, "reserved": 0, "committed": 0}


async def test_the_first_adjustment_creates_the_stock(client: httpx.AsyncClient, sku: str) -> None:
    assert (await client.get(f"/v1/stock/{sku}")).status_code == 404

    adjusted = await _adjust(client, sku, 40, "delivery-1")

    assert (adjusted.status_code, adjusted.json()) == (201, _level(sku, 40))
    assert (await client.get(f"/v1/stock/{sku}")).json() == _level(sku, 40)


async def test_adjustments_add_and_remove_units(client: httpx.AsyncClient, sku: str) -> None:
    await _adjust(client, sku, 40, "1")
    await _adjust(client, sku, 2, "2", "returned")
    adjusted = await _adjust(client, sku, -5, "3", "damaged")

    assert adjusted.json() == _level(sku, 37)


async def test_an_adjustment_below_zero_is_refused(client: httpx.AsyncClient, sku: str) -> None:
    await _adjust(client, sku, 40, "1")

    refused = await _adjust(client, sku, -41, "2", "counted")

    assert (refused.status_code, refused.json()["on_hand"]) == (409, 40)
    assert (await _adjust(client, sku, -40, "3")).json() == _level(sku, 0)


async def test_a_negative_adjustment_of_a_sku_without_stock_is_refused(
    client: httpx.AsyncClient, sku: str
) -> None:
    refused = await _adjust(client, sku, -1, "1")

    assert (refused.status_code, refused.json()["on_hand"]) == (409, 0)
    assert (await client.get(f"/v1/stock/{sku}")).status_code == 404


async def test_a_repeated_adjustment_counts_once(client: httpx.AsyncClient, sku: str) -> None:
    first = await _adjust(client, sku, 40, "same")
    await _adjust(client, sku, 1, "other")
    again = await _adjust(client, sku, 40, "same")

    assert first.content == again.content
    assert (await client.get(f"/v1/stock/{sku}")).json() == _level(sku, 41)


async def test_a_key_is_refused_when_it_was_used_for_another_adjustment(
    client: httpx.AsyncClient, sku: str
) -> None:
    await _adjust(client, sku, 40, "same")

    refused = await _adjust(client, sku, 41, "same")

    assert refused.status_code == 422
    assert refused.json()["type"].endswith(":idempotency-key-reused")


async def test_concurrent_adjustments_all_count(client: httpx.AsyncClient, sku: str) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_adjust(client, sku, 1, f"key-{number % 10}")) for number in range(20)
        ]

    assert {each.result().status_code for each in tasks} <= {201, 409}
    assert (await client.get(f"/v1/stock/{sku}")).json() == _level(sku, 10)


async def test_pages_list_every_sku_once_in_order(client: httpx.AsyncClient, sku: str) -> None:
    for last in ("b", "A", "C", "a", "B"):
        await _adjust(client, f"{sku}{last}", 1, "1")

    levels: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 2}
    while query.get("cursor", "") is not None:
        page = (await client.get("/v1/stock", params=query)).json()
        assert len(page["items"]) <= 2
        levels.extend(page["items"])
        query["cursor"] = page["next_cursor"]

    found = [level["sku"] for level in levels if level["sku"].startswith(sku)]
    assert found == [f"{sku}{last}" for last in ("A", "B", "C", "a", "b")]


async def test_an_invalid_cursor_is_refused(client: httpx.AsyncClient) -> None:
    refused = await client.get("/v1/stock", params={"cursor": "AAAA"})

    assert refused.json()["errors"][0]["pointer"] == "/query/cursor"


async def test_an_unknown_reservation_is_not_found(client: httpx.AsyncClient) -> None:
    found = await client.get("/v1/reservations/019ab2d4-0001-7c1a-9a3b-5d0c6f8e2b41")

    assert found.status_code == 404


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
