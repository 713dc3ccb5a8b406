"""The whole service, told over the broker what to do by a fake service for orders."""

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
    from waybill_toolkit.testing.fake_service import FakeService, Heard

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
RESERVE = "inventory.reserve-stock.v1"
COMMIT = "inventory.commit-stock.v1"
RELEASE = "inventory.release-stock.v1"


@pytest_asyncio.fixture
async def sku(client: httpx.AsyncClient) -> str:
    """Name a SKU that no other test has, with ten units on hand."""
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


def _kinds(heard: Sequence[Heard]) -> list[str]:
    return [each.type.split(".")[1] for each in heard]


async def test_an_order_is_reserved_sold_and_put_back(
    client: httpx.AsyncClient, orders: FakeService, sku: str
) -> None:
    order = str(uuid7())
    statuses, levels = [], []

    for count, (command, data) in enumerate(
        [(RESERVE, _wanted(order, sku, 4)), (COMMIT, None), (RELEASE, None)], start=1
    ):
        await orders.send(command, data or {"order_id": order})
        await orders.hear(order, count)
        statuses.append((await client.get(f"/v1/reservations/{order}")).json()["status"])
        levels.append((await client.get(f"/v1/stock/{sku}")).json())

    heard = await orders.hear(order, 3)
    assert _kinds(heard) == ["stock-reserved", "stock-committed", "stock-released"]
    assert statuses == ["reserved", "committed", "released"]
    assert [(each["on_hand"], each["reserved"], each["committed"]) for each in levels] == [
        (6, 4, 0),
        (6, 0, 4),
        (10, 0, 0),
    ]


async def test_commands_that_come_together_are_carried_out_in_their_order(
    client: httpx.AsyncClient, orders: FakeService, sku: str
) -> None:
    sold, dropped, refused = (str(uuid7()) for _ in range(3))

    await orders.send(RESERVE, _wanted(sold, sku, 4))
    await orders.send(COMMIT, {"order_id": sold})
    await orders.send(RESERVE, _wanted(dropped, sku, 1))
    await orders.send(RELEASE, {"order_id": dropped})
    await orders.send(RESERVE, _wanted(refused, sku, 11))
    await orders.send(COMMIT, {"order_id": refused})

    assert _kinds(await orders.hear(sold, 2)) == ["stock-reserved", "stock-committed"]
    assert _kinds(await orders.hear(dropped, 2)) == ["stock-reserved", "stock-released"]
    heard = await orders.hear(refused, 2)
    assert _kinds(heard) == ["stock-refused", "commit-refused"]
    assert [each["sku"] for each in heard[0].data["shortages"]] == [sku]
    assert heard[1].data["status"] == "refused"
    level = (await client.get(f"/v1/stock/{sku}")).json()
    assert level == {"sku": sku, "on_hand": 6, "reserved": 0, "committed": 4}


async def test_a_command_that_is_delivered_twice_is_answered_once(
    client: httpx.AsyncClient, orders: FakeService, sku: str
) -> None:
    order = str(uuid7())

    event_id = await orders.send(RESERVE, _wanted(order, sku, 4))
    await orders.send(RESERVE, _wanted(order, sku, 4), event_id=event_id)
    await orders.send(COMMIT, {"order_id": order})

    assert _kinds(await orders.hear(order, 2)) == ["stock-reserved", "stock-committed"]
    assert (await client.get(f"/v1/stock/{sku}")).json()["committed"] == 4


async def test_an_answer_belongs_to_the_trace_of_its_command(
    client: httpx.AsyncClient, orders: FakeService, sku: str
) -> None:
    order = str(uuid7())

    await orders.send(COMMIT, {"order_id": order}, traceparent=TRACEPARENT)

    [answer] = await orders.hear(order, 1)
    assert answer.data["status"] == "unknown"
    assert answer.traceparent.split("-")[1] == TRACEPARENT.split("-")[1]


async def test_a_reservation_expires_by_itself(
    client: httpx.AsyncClient, orders: FakeService, sku: str, service_clock: ManualClock
) -> None:
    order = str(uuid7())
    await orders.send(RESERVE, _wanted(order, sku, 4))
    await orders.hear(order, 1)

    service_clock.advance(dt.timedelta(minutes=15))

    assert _kinds(await orders.hear(order, 2)) == ["stock-reserved", "reservation-expired"]
    assert (await client.get(f"/v1/stock/{sku}")).json()["on_hand"] == 10


async def test_a_command_that_fits_no_schema_holds_up_its_own_order_alone(
    client: httpx.AsyncClient, orders: FakeService, sku: str, module_database_url: str
) -> None:
    broken, other = str(uuid7()), str(uuid7())

    await orders.send(RESERVE, _wanted(broken, sku, 0), checked=False)
    await orders.send(COMMIT, {"order_id": broken})
    await orders.send(RESERVE, _wanted(other, sku, 1))
    await orders.send(COMMIT, {"order_id": other})

    assert _kinds(await orders.hear(other, 2)) == ["stock-reserved", "stock-committed"]
    dead, waiting = await _parked(module_database_url, broken, 2)
    assert (dead["state"], waiting["state"]) == ("dead", "waiting")
    assert "quantity" in dead["error"]


async def _parked(database_url: str, key: str, count: int) -> Sequence[asyncpg.Record]:
    """Wait until so many events of a key are parked."""
    sql = "select state, error from dead_letters where key = $1 order by id"
    async with connect(database_url, name="test") as connection:
        look = partial(connection.fetch, sql, key)
        return await eventually(f"{count} parked events", look, lambda rows: len(rows) >= count)
