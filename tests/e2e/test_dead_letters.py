"""Dead letters on the whole platform, and the commands of an operator."""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID

import pytest_asyncio
from typer.testing import CliRunner

from waybill.clock import SystemClock
from waybill.ids import uuid7
from waybill.kafka.errors import UnreadableBatchError
from waybill.postgres import Database, connect
from waybill.receiving.dead_letters import Parking, describe, park
from waybill.receiving.unreadable_batches import delivery_of
from waybill_toolkit.cli import build
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.testing.eventually import eventually
from waybill_toolkit.testing.fake_service import EventContract, FakeService, fake_service

CONTRACT = tree_root() / "services/inventory/src/inventory/contract/asyncapi.json"
TOPIC = "inventory.reservation-events.v1"
BATCH = b"\xff\0 no batch"


@pytest_asyncio.fixture
async def orders(platform: Platform) -> AsyncIterator[FakeService]:
    """A fake of orders that sends commands to inventory."""
    contract = EventContract.load(CONTRACT)
    servers, security = platform.bootstrap_servers, platform.broker_security()
    async with fake_service("orders", contract, servers, security) as orders:
        yield orders


async def _waybill(platform: Platform, *arguments: str) -> str:
    whole = [*arguments, "--data", str(platform.folder)]
    result = await asyncio.to_thread(CliRunner().invoke, build(), whole)
    assert result.exit_code == 0, result.output
    return result.stdout


async def _letters(platform: Platform, key: str) -> dict[str, str]:
    """Return the state of each dead letter of a key, by event type."""
    listed = await _waybill(platform, "dead-letters", "list", "--json")
    letters: list[dict[str, Any]] = json.loads(listed)
    return {each["type"]: each["state"] for each in letters if each["key"] == key}


async def test_an_event_without_sense_is_set_aside_and_only_its_own_key_waits(
    platform: Platform, orders: FakeService
) -> None:
    broken, other = str(uuid7()), str(uuid7())
    no_lines = {"order_id": broken, "lines": []}
    event_id = await orders.send("inventory.reserve-stock.v1", no_lines, checked=False)
    await orders.send("inventory.commit-stock.v1", {"order_id": broken})
    await orders.send("inventory.commit-stock.v1", {"order_id": other})

    [answer] = await orders.receive(other, 1)
    assert answer.type == "inventory.commit-refused.v1"
    states = {"inventory.reserve-stock.v1": "dead", "inventory.commit-stock.v1": "waiting"}
    await eventually(f"{states}", partial(_letters, platform, broken), lambda seen: seen == states)
    shown = json.loads(await _waybill(platform, "dead-letters", "show", str(event_id)))
    assert "too_short" in shown["error"]
    assert json.loads(shown["payload"]) == no_lines

    await _waybill(platform, "dead-letters", "discard", str(event_id))

    [answer] = await orders.receive(broken, 1)
    assert answer.type == "inventory.commit-refused.v1"
    states = {"inventory.reserve-stock.v1": "discarded"}
    await eventually(f"{states}", partial(_letters, platform, broken), lambda seen: seen == states)
    acts = partial(_chained_acts, platform, str(event_id))
    await eventually("the act in the security log", acts, bool)
    [(actor, action)] = await acts()
    assert (actor.partition(":")[0], action) == ("operator", "dead-letter.discarded")


async def _chained_acts(platform: Platform, target: str) -> list[tuple[str, str]]:
    async with connect(platform.database_url("inventory"), name="test") as connection:
        rows = await connection.fetch(
            "select actor, action from security_log where target = $1 and number is not null",
            target,
        )
    return [(row["actor"], row["action"]) for row in rows]


async def _park_batch(platform: Platform, first: int) -> UUID:
    """Park a batch of inventory's replies in orders, as if orders could not read it."""
    error = UnreadableBatchError(
        TOPIC, 0, first=first, last=first, next_offset=first + 1, data=BATCH, reason="its checksum"
    )
    delivery, now = delivery_of(error), SystemClock().now()
    database = await Database.open(platform.database_url("orders"), pool_max=1)
    async with database.transaction() as tx:
        await park(tx, [Parking(delivery, "dead", describe(error), 0, now)], now)
    await database.close()
    return delivery.event_id


async def _published_at(platform: Platform, event_id: UUID) -> int | None:
    database = await Database.open(platform.database_url("inventory"), pool_max=1)
    async with database.connection() as connection:
        found = await connection.fetchval(
            'SELECT "offset" FROM outbox WHERE event_id = $1', event_id
        )
    await database.close()
    return None if found is None else int(found)


async def test_the_events_of_a_batch_that_cannot_be_read_are_published_again_by_a_retry(
    platform: Platform, orders: FakeService
) -> None:
    order_id = str(uuid7())
    await orders.send("inventory.commit-stock.v1", {"order_id": order_id})
    [reply] = await orders.receive(order_id, 1)
    find = partial(_published_at, platform, reply.id)
    first = await eventually("it is marked", find, lambda seen: seen is not None)
    assert first is not None
    event_id = await _park_batch(platform, first)
    shown = json.loads(await _waybill(platform, "dead-letters", "show", str(event_id)))
    assert shown["headers"]["first-offset"] == str(first)
    assert b64decode(shown["batch_base64"]) == BATCH

    told = await _waybill(platform, "dead-letters", "retry", str(event_id))

    assert told == f"1 events of {event_id} will be published again within a second.\n"
    await eventually("it is published", find, lambda seen: seen is not None and seen > first)
    assert "batch" not in await _waybill(platform, "dead-letters", "list")


async def test_a_batch_that_no_outbox_has_is_kept_and_the_retry_says_so(
    platform: Platform,
) -> None:
    event_id = str(await _park_batch(platform, 10**9))
    arguments = ["dead-letters", "retry", event_id, "--data", str(platform.folder)]
    result = await asyncio.to_thread(CliRunner().invoke, build(), arguments)
    assert result.exit_code == 1
    assert "no outbox of this platform has its events" in " ".join(result.output.split())
    assert event_id in await _waybill(platform, "dead-letters", "list", "--json")
    await _waybill(platform, "dead-letters", "discard", event_id)


def test_event_that_is_not_parked_is_reported(platform: Platform) -> None:
    arguments = ["dead-letters", "retry", str(uuid7()), "--data", str(platform.folder)]

    result = CliRunner().invoke(build(), arguments)

    assert result.exit_code == 1
    assert "is not a dead letter" in result.output
