"""The whole service: a fake orders service sends commands over the broker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
import pytest_asyncio

from waybill.clock import ManualClock
from waybill.ids import uuid7
from waybill.postgres import connect
from waybill_toolkit.testing.eventually import eventually

if TYPE_CHECKING:
    from waybill_toolkit.testing.fake_service import FakeService, ReceivedEvent

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
RESERVE = "inventory.reserve-stock.v1"
COMMIT = "inventory.commit-stock.v1"
RELEASE = "inventory.release-stock.v1"


@pytest_asyncio.fixture
async def sku(client: httpx.AsyncClient) -> str:
    """A SKU that no other test uses, with ten units on hand."""
    sku = f"S-{uuid7()}"
    response = await client.post(
        f"/v1/stock/{sku}/adjustments",
        json={"delta": 10, "reason": "received"},
        headers={"Idempotency-Key": sku},
    )
    assert response.status_code == 201
    return sku


def _wanted(order: str, sku: str, quantity: int) -> dict[str, Any]:
    return {"order_id": order, "lines": [{"sku": sku, "quantity": quantity}]}


def _kinds(events: Sequence[ReceivedEvent]) -> list[str]:
    return [each.type.split(".")[1] for each in events]


async def test_an_order_is_reserved_committed_and_released(
    client: httpx.AsyncClient, orders: FakeService, sku: str
) -> None:
    order = str(uuid7())
    statuses, levels = [], []

    for count, (command, data) in enumerate(
        [(RESERVE, _wanted(order, sku, 4)), (COMMIT, None), (RELEASE, None)], start=1
    ):
        await orders.send(command, data or {"order_id": order})
        await orders.receive(order, count)
        statuses.append((await client.get(f"/v1/reservations/{order}")).json()["status"])
        levels.append((await client.get(f"/v1/stock/{sku}")).json())

    events = await orders.receive(order, 3)
    assert _kinds(events) == ["stock-reserved", "stock-committed", "stock-released"]
    assert statuses == ["reserved", "committed", "released"]
    assert [(each["on_hand"], each["reserved"], each["committed"]) for each in levels] == [
        (6, 4, 0),
        (6, 0, 4),
        (10, 0, 0),
    ]


async def test_commands_of_one_batch_are_handled_in_order(
    client: httpx.AsyncClient, orders: FakeService, sku: str
) -> None:
    sold, released, refused = (str(uuid7()) for _ in range(3))

    await orders.send(RESERVE, _wanted(sold, sku, 4))
    await orders.send(COMMIT, {"order_id": sold})
    await orders.send(RESERVE, _wanted(released, sku, 1))
    await orders.send(RELEASE, {"order_id": released})
    await orders.send(RESERVE, _wanted(refused, sku, 11))
    await orders.send(COMMIT, {"order_id": refused})

    assert _kinds(await orders.receive(sold, 2)) == ["stock-reserved", "stock-committed"]
    assert _kinds(await orders.receive(released, 2)) == ["stock-reserved", "stock-released"]
    events = await orders.receive(refused, 2)
    assert _kinds(events) == ["stock-refused", "commit-refused"]
    assert [each["sku"] for each in events[0].data["shortages"]] == [sku]
    assert events[1].data["status"] == "refused"
    level = (await client.get(f"/v1/stock/{sku}")).json()
    assert level == {"sku": sku, "on_hand": 6, "reserved": 0, "committed": 4}


async def test_a_command_that_is_delivered_twice_is_answered_once(
    client: httpx.AsyncClient, orders: FakeService, sku: str
) -> None:
    order = str(uuid7())

    event_id = await orders.send(RESERVE, _wanted(order, sku, 4))
    await orders.send(RESERVE, _wanted(order, sku, 4), event_id=event_id)
    await orders.send(COMMIT, {"order_id": order})

    assert _kinds(await orders.receive(order, 2)) == ["stock-reserved", "stock-committed"]
    assert (await client.get(f"/v1/stock/{sku}")).json()["committed"] == 4


async def test_an_answer_has_the_trace_of_its_command(
    client: httpx.AsyncClient, orders: FakeService, sku: str
) -> None:
    order = str(uuid7())

    await orders.send(COMMIT, {"order_id": order}, traceparent=TRACEPARENT)

    [answer] = await orders.receive(order, 1)
    assert answer.data["status"] == "unknown"
    assert answer.traceparent.split("-")[1] == TRACEPARENT.split("-")[1]


async def test_a_reservation_expires(
    client: httpx.AsyncClient, orders: FakeService, sku: str, service_clock: ManualClock
) -> None:
    order = str(uuid7())
    await orders.send(RESERVE, _wanted(order, sku, 4))
    await orders.receive(order, 1)

    service_clock.advance(dt.timedelta(minutes=15))

    assert _kinds(await orders.receive(order, 2)) == ["stock-reserved", "reservation-expired"]
    assert (await client.get(f"/v1/stock/{sku}")).json()["on_hand"] == 10


async def test_an_invalid_command_blocks_only_its_own_order(
    client: httpx.AsyncClient, orders: FakeService, sku: str, module_database_url: str
) -> None:
    broken, other = str(uuid7()), str(uuid7())

    await orders.send(RESERVE, _wanted(broken, sku, 0), checked=False)
    await orders.send(COMMIT, {"order_id": broken})
    await orders.send(RESERVE, _wanted(other, sku, 1))
    await orders.send(COMMIT, {"order_id": other})

    assert _kinds(await orders.receive(other, 2)) == ["stock-reserved", "stock-committed"]
    dead, waiting = await _parked(module_database_url, broken, 2)
    assert (dead["state"], waiting["state"]) == ("dead", "waiting")
    assert "quantity" in dead["error"]


async def _parked(database_url: str, key: str, count: int) -> Sequence[asyncpg.Record]:
    """Wait until that many events of a key are parked."""
    sql = "select state, error from dead_letters where key = $1 order by id"
    async with connect(database_url, name="test") as connection:
        fetch_parked = partial(connection.fetch, sql, key)
        return await eventually(
            f"{count} parked events", fetch_parked, lambda rows: len(rows) >= count
        )
