"""An order is followed by server-sent events until it is final."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from orders.app import assemble
from orders.settings import OrdersSettings
from waybill.app import build
from waybill.ids import uuid7
from waybill_toolkit.testing.eventually import eventually
from waybill_toolkit.testing.fake_service import FakeService
from waybill_toolkit.testing.serving import serving

from .driving import SKU, add_variant, confirm, order_body, place

SECONDS_MAX = 30.0
"""Only a failing test waits this long."""


@pytest.fixture(scope="module")
def address(settings: OrdersSettings) -> Iterator[str]:
    """Run a service in which one caller may have two streams."""
    few = settings.model_copy(update={"streams_per_caller_max": 2})
    with serving(build(few, assemble)) as address:
        yield address


@pytest.fixture
async def follower(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client that reads responses as they arrive."""
    async with httpx.AsyncClient(base_url=address, timeout=SECONDS_MAX) as client:
        yield client


async def _events(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    fields: dict[str, Any] = {}
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if line == "" and fields:
            yield {**fields, "data": json.loads(fields["data"])}
            fields = {}
        elif name:
            fields[name] = value


async def _placed(client: httpx.AsyncClient, neighbours: FakeService) -> str:
    await add_variant(client, neighbours, SKU, 255)
    return str((await place(client, order_body((SKU, 1)))).json()["order_id"])


async def test_the_steps_of_an_order_arrive_as_they_happen_until_it_is_final(
    client: httpx.AsyncClient, follower: httpx.AsyncClient, neighbours: FakeService
) -> None:
    order_id = await _placed(client, neighbours)
    async with follower.stream("GET", f"/v1/orders/{order_id}/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = _events(response)
        first = await anext(events)
        await confirm(neighbours, order_id)
        others = [each async for each in events]

    history = (await client.get(f"/v1/orders/{order_id}/history")).json()["transitions"]
    steps = [first, *others[:-1]]
    assert [each["data"] for each in steps] == history[: len(steps)]
    assert [each["id"] for each in steps] == [str(each["data"]["number"]) for each in steps]
    assert others[-1] == {
        "event": "order",
        "data": {"order_id": order_id, "status": "confirmed"},
    }


async def test_a_client_that_connects_again_gets_what_it_has_missed(
    client: httpx.AsyncClient, follower: httpx.AsyncClient, neighbours: FakeService
) -> None:
    order_id = await _placed(client, neighbours)
    await confirm(neighbours, order_id)
    path = f"/v1/orders/{order_id}/events"
    async with follower.stream("GET", path) as response:
        every = [each async for each in _events(response)]
    last = [each["id"] for each in every if "id" in each][-1]
    headers = {"Last-Event-ID": "1"}
    async with follower.stream("GET", path, headers=headers) as response:
        later = [each async for each in _events(response)]

    assert every[-1]["data"]["status"] == "confirmed"
    assert later == every[1:]
    again = await client.get(path, headers={"Last-Event-ID": str(int(last) + 100)})
    assert (again.status_code, again.content) == (204, b"")


async def test_an_unknown_order_is_not_followed(client: httpx.AsyncClient) -> None:
    response = await client.get(f"/v1/orders/{uuid7()}/events")
    assert response.status_code == 404

    response = await client.get(f"/v1/orders/{uuid7()}/events", headers={"Last-Event-ID": "x"})
    assert response.status_code == 422


async def test_a_caller_has_a_bounded_number_of_streams_and_gets_one_back_when_it_ends(
    client: httpx.AsyncClient, follower: httpx.AsyncClient, neighbours: FakeService
) -> None:
    order_id = await _placed(client, neighbours)
    path = f"/v1/orders/{order_id}/events"
    async with follower.stream("GET", path) as first, follower.stream("GET", path) as second:
        streams = _events(first), _events(second)  # kept: they close when they are collected
        await asyncio.gather(*map(anext, streams))
        refused = await client.get(path)
        assert refused.status_code == 429
        assert refused.json()["type"].endswith("too-many-streams")

    async def again() -> int:
        async with follower.stream("GET", path) as response:
            return response.status_code

    await eventually("room for another stream", again, lambda status: status == 200)
