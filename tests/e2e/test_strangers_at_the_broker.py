"""Clients of the broker that are no service, or another one: they write, read and join nothing."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from struct import pack
from typing import Any, Final

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]
from aiokafka.errors import (  # type: ignore[import-untyped]
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)
from aiokafka.protocol.group import JoinGroupRequest_v2  # type: ignore[import-untyped]
from typer.testing import CliRunner

from waybill.kafka.errors import BrokerRefusedError
from waybill.kafka.link import BrokerLink
from waybill.kafka.log_requests import ProduceRequest
from waybill.kafka.partitions import CommittedOffset, Partition
from waybill.kafka.record_batches import RecordBatch
from waybill.kafka.security import PLAINTEXT, KafkaSecurity
from waybill_toolkit.cli import build
from waybill_toolkit.operations.workload.client import (
    APPROVED,
    Client,
    Line,
    Variant,
    WantedOrder,
)
from waybill_toolkit.operations.workload.following import Poller
from waybill_toolkit.operations.workload.placing import place_all
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.operations.workload.session import client_of
from waybill_toolkit.platform.handle import Platform

SKU: Final = "NOT-FOR-STRANGERS"
WRITERS: Final = {
    "catalog.variant-events.v1": {"catalog"},
    "inventory.commands.v1": {"orders"},
    "inventory.reservation-events.v1": {"inventory"},
    "orders.order-events.v1": {"orders"},
    "payments.commands.v1": {"orders"},
    "payments.payment-events.v1": {"payments"},
}
"""Who may write to each topic of the platform: the contracts in other words."""
USERS: Final = ("catalog", "inventory", "orders", "payments", "reader")
DAYS_24_MS: Final = 2**31 - 1
LONG: Final = 30.0
"""Only a broken broker reaches this timeout."""

_numbers = count()


@pytest_asyncio.fixture
async def client(platform: Platform) -> AsyncIterator[Client]:
    client = client_of(platform)
    await seed(client, {SKU: Variant(SKU, "", 255, "GBP")}, {SKU: 100})
    yield client
    client.close()


async def order_is_confirmed(client: Client) -> None:
    order = WantedOrder(f"stranger-{next(_numbers)}", "c", "GBP", [Line(SKU, 1)], APPROVED)
    [outcome] = await place_all(client, [order], Poller(client).follow, concurrency=1)
    assert outcome.order
    assert outcome.order.status == "confirmed"


def forged() -> bytes:
    batch = RecordBatch()
    batch.append(0, b"key", b"forged", [], 0)
    return batch.encode()


@asynccontextmanager
async def linked(platform: Platform, security: KafkaSecurity) -> AsyncIterator[BrokerLink]:
    link = await BrokerLink.open(platform.bootstrap_servers, security)
    try:
        yield link
    finally:
        await link.close()


async def closed_without_answer(platform: Platform, request: Any) -> None:
    """Send a request without logging in."""
    host, port = platform.bootstrap_servers.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = pack(">hhih", request.API_KEY, request.API_VERSION, 1, -1) + request.encode()
    writer.write(pack(">i", len(body)) + body)
    async with asyncio.timeout(LONG):
        assert await reader.read() == b""
    writer.close()


def wrong(user: str) -> KafkaSecurity:
    return KafkaSecurity("SASL_PLAINTEXT", "SCRAM-SHA-256", user, "guessed")


async def test_nothing_is_written_without_credentials(platform: Platform) -> None:
    logs = {Partition(topic, 0): forged() for topic in WRITERS}
    async with linked(platform, platform.broker_security()) as link:
        states = await link.topics(WRITERS)
        before = await link.end_offsets(logs, states)
        for topic in WRITERS:
            await closed_without_answer(
                platform, ProduceRequest(-1, 1000, [(topic, [(0, forged())])])
            )
        for security in (PLAINTEXT, wrong("payments"), wrong("nobody")):
            with pytest.raises(BrokerRefusedError):
                await BrokerLink.open(platform.bootstrap_servers, security)
        assert await link.end_offsets(logs, states) == before


@pytest.mark.parametrize("user", USERS)
async def test_a_service_writes_only_what_its_contract_says(platform: Platform, user: str) -> None:
    async with linked(platform, platform.broker_security()) as link:
        states = await link.topics(WRITERS)
        foreign = {Partition(topic, 0) for topic, who in WRITERS.items() if user not in who}
        before = await link.end_offsets(foreign, states)
        async with linked(platform, platform.broker_security(user)) as own:
            for log in foreign:
                [refused] = (await own.produce({log: forged()}, states)).values()
                assert str(refused) == "TopicAuthorizationFailedError"
        assert await link.end_offsets(foreign, states) == before


@pytest.mark.parametrize("user", [None, "catalog", "payments", "reader"])
async def test_a_stranger_that_joins_a_group_for_24_days_does_not_hold_up_orders(
    platform: Platform, client: Client, user: str | None
) -> None:
    subscription = b"\0\0\0\0\0\x01\0\x15inventory.commands.v1\0\0\0\0"
    protocols = [("roundrobin", subscription)]
    join = JoinGroupRequest_v2("inventory", DAYS_24_MS, DAYS_24_MS, "", "consumer", protocols)
    if user is None:
        await closed_without_answer(platform, join)
    else:
        async with linked(platform, platform.broker_security(user)) as link:
            answer = await link._nodes.ask_any(_AsIs(join))
        assert answer.error_code == GroupAuthorizationFailedError.errno
    await order_is_confirmed(client)


@pytest.mark.parametrize(
    ("user", "error"),
    [
        (None, KafkaConnectionError),
        ("catalog", TopicAuthorizationFailedError),
        ("reader", GroupAuthorizationFailedError),
    ],
)
async def test_a_stranger_takes_no_command_from_a_group(
    platform: Platform, client: Client, user: str | None, error: type[Exception]
) -> None:
    security = platform.broker_security(user) if user else PLAINTEXT
    consumer = AIOKafkaConsumer(
        "inventory.commands.v1",
        bootstrap_servers=platform.bootstrap_servers,
        group_id="inventory",
        request_timeout_ms=2_000,
        **security.arguments(),
    )
    with pytest.raises(error):
        await asyncio.wait_for(consumer.start(), LONG)
    await consumer.stop()
    await order_is_confirmed(client)


async def test_a_stranger_commits_no_offset_for_a_group(platform: Platform) -> None:
    log = Partition("inventory.commands.v1", 0)
    async with linked(platform, platform.broker_security()) as link:
        before = await link.committed("inventory", [log])
        async with linked(platform, platform.broker_security("catalog")) as own:
            with pytest.raises(BrokerRefusedError, match="GroupAuthorizationFailed"):
                await own.committed("inventory", [log])
        after: dict[Partition, CommittedOffset] = await link.committed("inventory", [log])
        assert after[log].offset >= before[log].offset


def test_passwords_are_in_files_for_the_user_alone_and_nowhere_else(
    platform: Platform,
) -> None:
    folder = platform.folder / "secrets" / "kafka"
    passwords = {path.name: path.read_text().strip() for path in folder.iterdir()}
    assert set(passwords) == {*platform.databases, "reader", "waybill"}
    assert len(set(passwords.values())) == len(passwords)
    for path in (*folder.iterdir(), platform.folder / "secrets" / "kafka-users.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    shown = CliRunner().invoke(build(), ["status", "--json", "--data", str(platform.folder)])
    said = [shown.stdout, *_arguments(platform), *_texts(platform.folder)]
    assert any("elected leader" in text for text in said)  # the logs are among them
    for password in passwords.values():
        assert [text for text in said if password in text] == []


def _arguments(platform: Platform) -> Iterator[str]:
    for pid in (os.getpid(), *platform.pids().values()):
        yield Path(f"/proc/{pid}/cmdline").read_text()


def _texts(folder: Path) -> Iterator[str]:
    for path in (*folder.glob("logs/*"), *folder.glob("*.json")):
        yield path.read_text(errors="replace")


class _AsIs:
    """A request of a given version, as `BrokerLink` sends it."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def prepare(self, _: object) -> Any:
        return self._request
