"""What a developer does with the running platform: watch events, run one service in a terminal."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from typer.testing import CliRunner, Result

from waybill.ids import uuid7
from waybill_toolkit.cli import build
from waybill_toolkit.operations.workload.client import (
    APPROVED,
    Client,
    Line,
    Order,
    Variant,
    WantedOrder,
)
from waybill_toolkit.operations.workload.following import Poller
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import audit_when_settled
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.state import Condition
from waybill_toolkit.platform.waiting import wait_until

SECONDS: Final = 60
COMMAND: Final = [sys.executable, "-m", "waybill_toolkit"]
TYPES: Final = [
    "inventory.reserve-stock.v1",
    "orders.order-placed.v1",
    "inventory.stock-reserved.v1",
    "payments.authorize-payment.v2",
    "payments.payment-authorized.v1",
    "inventory.commit-stock.v1",
    "inventory.stock-committed.v1",
    "orders.order-confirmed.v1",
    "payments.capture-payment.v1",
    "payments.payment-captured.v1",
]


def _waybill(platform: Platform, *arguments: object) -> Result:
    words = [str(word) for word in (*arguments, "--data", platform.folder)]
    return CliRunner().invoke(build(), words)


async def _place(platform: Platform) -> Order:
    """Have an order placed and confirmed through the gateway."""
    address = platform.addresses["gateway"]
    client = Client(address, address, address)
    sku = f"DEVELOPED-{uuid7()}"
    try:
        await seed(client, {sku: Variant(sku, "", 255, "GBP")}, {sku: 5})
        placed = await client.place_order(WantedOrder(sku, "c", "GBP", [Line(sku, 2)], APPROVED))
        return await Poller(client).follow(placed)
    finally:
        client.close()


def _events(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


async def test_the_events_of_an_order_are_shown_over_all_services(platform: Platform) -> None:
    order = await _place(platform)
    assert (await audit_when_settled(platform)).is_ok

    shown = await asyncio.to_thread(
        _waybill, platform, "events", "--order", order.order_id, "--json"
    )
    assert shown.exit_code == 0, shown.output
    events = _events(shown.stdout)
    assert sorted(each["type"] for each in events) == sorted(TYPES)
    assert events[-1]["type"] == "payments.payment-captured.v1"
    assert {each["payload"]["order_id"] for each in events} == {order.order_id}
    assert [each["time"] for each in events] == sorted(each["time"] for each in events)

    topic = "orders.order-events.v1"
    of_topic = await asyncio.to_thread(
        _waybill, platform, "events", "--order", order.order_id, "--topic", topic
    )
    assert [line.split()[2:5] for line in of_topic.stdout.splitlines()] == [
        [topic, "orders.order-placed.v1", order.order_id],
        [topic, "orders.order-confirmed.v1", order.order_id],
    ]


async def test_events_are_followed_as_they_are_published(platform: Platform) -> None:
    command = [*COMMAND, "events", "-f", "--json", "--data", str(platform.folder)]
    following = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert following.stdout
    assert following.stderr
    try:
        async with asyncio.timeout(SECONDS):
            assert b"Following" in await following.stderr.readline()
            order = await _place(platform)
            seen: set[str] = set()
            while not set(TYPES) <= seen:
                event = json.loads(await following.stdout.readline())
                seen |= {event["type"]} if event["key"] == order.order_id else set()
    finally:
        following.kill()
        await following.wait()


def test_an_unknown_topic_is_refused_in_a_sentence(platform: Platform) -> None:
    result = _waybill(platform, "events", "--topic", "orders.order-event.v1")
    assert result.exit_code == 1
    assert "Did you mean orders.order-events.v1?" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_invalid_order_id_is_refused_in_one_sentence(platform: Platform) -> None:
    result = _waybill(platform, "events", "--order", "42")
    assert result.exit_code == 2
    assert "Invalid value for '--order'" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_nothing_is_followed_when_nothing_runs(tmp_path: Path) -> None:
    result = CliRunner().invoke(build(), ["events", "-f", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stderr.startswith("No platform runs on")


async def test_orders_are_confirmed_while_their_service_runs_in_a_terminal(
    platform: Platform,
) -> None:
    def is_in_terminal() -> bool:
        return platform.process("orders").condition is Condition.FOREGROUND

    command = [*COMMAND, "run", "orders", "--here", "--data", str(platform.folder)]
    nowhere = subprocess.DEVNULL
    own = await asyncio.create_subprocess_exec(*command, stdout=nowhere, stderr=nowhere)
    try:
        await asyncio.to_thread(wait_until, is_in_terminal, SECONDS)
        assert (await _place(platform)).status == "confirmed"
        assert platform.process("orders").foreground_pid == own.pid
    finally:
        own.kill()
        await own.wait()
    await asyncio.to_thread(platform.wait_until_ready, "orders")
    assert (await _place(platform)).status == "confirmed"
    assert (await audit_when_settled(platform)).is_ok
