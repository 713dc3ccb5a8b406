"""Dead letters on the whole platform, and the commands of an operator."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest_asyncio
from typer.testing import CliRunner

from waybill.ids import uuid7
from waybill_toolkit.cli import build
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.options import tree_root
from waybill_toolkit.testing.eventually import eventually
from waybill_toolkit.testing.fake_service import EventContract, FakeService, fake_service

CONTRACT = tree_root() / "services/inventory/src/inventory/contract/asyncapi.json"


@pytest_asyncio.fixture
async def orders(platform: Platform) -> AsyncIterator[FakeService]:
    """A fake of orders that sends commands to inventory."""
    contract = EventContract.load(CONTRACT)
    async with fake_service("orders", contract, platform.bootstrap_servers) as orders:
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


def test_event_that_is_not_parked_is_reported(platform: Platform) -> None:
    arguments = ["dead-letters", "retry", str(uuid7()), "--data", str(platform.folder)]

    result = CliRunner().invoke(build(), arguments)

    assert result.exit_code == 1
    assert "is not a dead letter" in result.output
