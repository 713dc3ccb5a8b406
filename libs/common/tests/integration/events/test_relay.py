"""The outbox on its way to a real broker: all of it, in order, by one relay at a time."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]
from aiokafka.client import AIOKafkaClient  # type: ignore[import-untyped]

from waybill.events import decode_headers
from waybill.kafka.link import BrokerLink
from waybill.postgres import connect
from waybill.sending import relay_store
from waybill.sending.relay import SETTINGS_OFF
from waybill_toolkit.testing.eventually import eventually as wait_for


@asynccontextmanager
async def _log(world: Any, bootstrap_servers: str) -> AsyncIterator[Any]:
    """Read what is in the topic, without a group."""
    kafka = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest", fetch_max_wait_ms=10
    )
    await kafka.start()
    kafka.assign([TopicPartition(world.topic.name, number) for number in range(4)])

    async def read(count: int) -> list[Any]:
        records: list[Any] = []

        async def more() -> int:
            for batch in (await kafka.getmany(timeout_ms=200)).values():
                records.extend(batch)
            return len(records)

        if count:
            await wait_for(f"{count} records", more, lambda found: found >= count)
        for batch in (await kafka.getmany(timeout_ms=100)).values():
            records += batch
        return records

    yield read
    await kafka.stop()


def _numbers_by_key(records: list[Any]) -> dict[bytes, list[bytes]]:
    found: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for record in records:
        found[record.key].append(record.value)
    return found


async def test_an_event_travels_as_a_cloudevent_under_its_aggregates_key(
    world: Any, running: Any, bootstrap_servers: str
) -> None:
    await world.send("a", 1)
    relay = world.relay(bootstrap_servers)
    async with running(relay), _log_when_made(world, bootstrap_servers) as read:
        [record] = await read(1)
    envelope = decode_headers(record.headers)
    assert (record.key, record.value) == (b"a", b'{"account":"a","number":1}')
    assert (envelope.type, envelope.source) == ("test.noted.v1", "test")
    assert envelope.id == await world.value("SELECT event_id FROM outbox")
    assert dict(record.headers)["content-type"] == b"application/json"


async def test_nothing_is_published_when_the_transaction_is_rolled_back(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    async def send_and_fail() -> None:
        async with world.database.transaction() as tx:
            tx.send(world.noted, world.noted.model(account="a", number=1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await send_and_fail()
    await world.send("a", 2)
    relay = world.relay(bootstrap_servers)
    async with running(relay):
        await eventually(lambda: _is_published(world))
    assert relay.published == 1


async def test_events_of_a_key_are_in_commit_order_when_many_write_at_once(
    world: Any, running: Any, bootstrap_servers: str
) -> None:
    writers, each = 8, 40
    async with world.database.transaction() as tx:
        await tx.execute("CREATE TABLE counter (account text PRIMARY KEY, number int)")
        await tx.execute("INSERT INTO counter SELECT 'key-' || n, 0 FROM generate_series(0, 2) n")
    relay = world.relay(bootstrap_servers)
    world.database.on_sent = relay.publish

    async def write(writer: int) -> None:
        for turn in range(each):
            account = f"key-{(writer + turn) % 3}"
            async with world.database.transaction() as tx:
                number = await tx.fetchval(
                    "UPDATE counter SET number = number + 1 WHERE account = $1 RETURNING number",
                    account,
                )
                tx.send(world.noted, world.noted.model(account=account, number=number))

    async with running(relay):
        async with asyncio.TaskGroup() as tasks:
            for writer in range(writers):
                tasks.create_task(write(writer))
        async with _log_when_made(world, bootstrap_servers) as read:
            records = await read(writers * each)
    assert len(records) == writers * each
    for key, values in _numbers_by_key(records).items():
        account = key.decode()
        expected = [
            f'{{"account":"{account}","number":{number}}}'.encode()
            for number in range(1, len(values) + 1)
        ]
        assert values == expected


async def test_each_event_is_published_once_when_two_relays_run(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    relays = [world.relay(bootstrap_servers), world.relay(bootstrap_servers)]
    # This process commits, but may not be the one that leads: followers pass the word on.
    world.database.on_sent = lambda events: [relay.publish(events) for relay in relays]
    async with running(*relays):
        for number in range(100):
            await world.send(f"key-{number % 5}", number)
        await eventually(lambda: _is_published(world))
        async with _log_when_made(world, bootstrap_servers) as read:
            records = await read(100)
        assert sorted(relay.is_leader for relay in relays) == [False, True]
    ids = Counter(dict(record.headers)["ce_id"] for record in records)
    assert (len(records), len(ids)) == (100, 100)
    assert sorted(relay.published for relay in relays) == [0, 100]


async def test_the_follower_tells_the_leader_when_it_has_something_to_publish(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    leader, follower = world.relay(bootstrap_servers), world.relay(bootstrap_servers)
    async with running(leader):
        await eventually(lambda: _leads(leader))
        async with running(follower):
            await world.send("a", 0)
            await eventually(lambda: _is_published(world))
            woken: list[None] = []
            wake = leader.wake

            def note() -> None:
                woken.append(None)
                wake()

            leader.wake = note
            world.database.on_sent = follower.publish
            await world.send("a", 1)
            await eventually(lambda: _is_published(world))


async def test_another_relay_takes_over_when_the_leaders_connection_is_lost(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    first, second = world.relay(bootstrap_servers), world.relay(bootstrap_servers)
    async with running(first):
        await eventually(lambda: _leads(first))
        async with running(second):
            await world.send("a", 1)
            await eventually(lambda: _is_published(world))
            await world.value(
                "SELECT pg_terminate_backend(pid) FROM pg_locks"
                " WHERE locktype = 'advisory' AND granted AND database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            for number in range(2, 30):
                await world.send("a", number)
            await eventually(lambda: _is_published(world))
            await eventually(lambda: _one_leads(first, second))
            async with _log_when_made(world, bootstrap_servers) as read:
                records = await read(29)
    first_times = list(dict.fromkeys(record.value for record in records))
    assert first_times == [f'{{"account":"a","number":{n}}}'.encode() for n in range(1, 30)]


async def test_events_are_published_in_order_when_one_log_has_lost_its_end(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    """As a Kafka does that chose an unclean leader: its log ends before what it acknowledged."""
    await world.send("a", 1, 2, 3)
    async with running(world.relay(bootstrap_servers)):
        await eventually(lambda: _is_published(world))
    # The record says that more was acknowledged than is there.
    await world.value("UPDATE published_logs SET batch_offset = batch_offset + 100 RETURNING 1")
    await world.value('UPDATE outbox SET "offset" = "offset" + 100 WHERE position > 1 RETURNING 1')
    await world.send("a", 4)
    async with running(world.relay(bootstrap_servers)):
        await eventually(lambda: _is_published(world))
        async with _log_when_made(world, bootstrap_servers) as read:
            records = await read(6)
    assert _numbers(records) == [1, 2, 3, 2, 3, 4]


async def test_all_is_published_again_when_others_have_filled_a_lost_log_anew(
    world: Any, running: Any, eventually: Any, broker_server: Any
) -> None:
    """Its length does not show the loss; the topic's id does."""
    bootstrap_servers = broker_server.bootstrap_servers
    await world.send("a", 1, 2, 3)
    async with running(world.relay(bootstrap_servers)):
        await eventually(lambda: _is_published(world))
    broker_server.lose()
    broker_server.start()
    await world.produce(bootstrap_servers, "a", *range(100, 200))
    await world.send("a", 4)
    async with running(world.relay(bootstrap_servers)):
        await eventually(lambda: _is_published(world))
        async with _log_when_made(world, bootstrap_servers) as read:
            records = await read(104)
    assert _numbers(records) == [*range(100, 200), 1, 2, 3, 4]


async def test_events_of_a_lost_log_are_not_published_again_after_their_retention(
    world: Any, running: Any, eventually: Any, broker_server: Any
) -> None:
    """As after three weeks in which the whole platform was off: the inboxes may have forgotten."""
    bootstrap_servers = broker_server.bootstrap_servers
    await world.send("a", 1, 2)
    async with running(world.relay(bootstrap_servers)):
        await eventually(lambda: _is_published(world))
    await world.value("UPDATE outbox SET published_at = now() - interval '21 days' RETURNING 1")
    broker_server.lose()
    broker_server.start()
    await world.send("a", 3)
    relay = world.relay(bootstrap_servers)
    async with running(relay):
        await eventually(lambda: _is_published(world))
    assert relay.published == 1


async def test_a_topic_is_not_created_by_a_reader(world: Any, bootstrap_servers: str) -> None:
    client = AIOKafkaClient(bootstrap_servers=bootstrap_servers)
    await client.bootstrap()
    await client.set_topics([world.topic.name])
    await client.close()
    link = await BrokerLink.open(bootstrap_servers)
    assert await link.topics([world.topic.name]) == {}
    await link.close()


def _log_when_made(world: Any, bootstrap_servers: str) -> Any:
    @asynccontextmanager
    async def wait() -> AsyncIterator[Any]:
        link = await BrokerLink.open(bootstrap_servers)
        await wait_for("the topic", partial(link.topics, [world.topic.name]), bool)
        await link.close()
        async with _log(world, bootstrap_servers) as read:
            yield read

    return wait()


def _numbers(records: list[Any]) -> list[int]:
    return [json.loads(record.value)["number"] for record in records]


async def _is_published(world: Any) -> bool:
    return bool(await world.unpublished() == 0)


async def _leads(relay: Any) -> bool:
    return bool(relay.is_leader)


async def _one_leads(*relays: Any) -> bool:
    return [relay.is_leader for relay in relays].count(True) == 1


async def test_what_was_published_is_not_read_again_in_every_round(world: Any) -> None:
    """A bitmap scan reads the entries of all that was published since the last vacuum."""
    arguments = [world.clock.now(), [], [], [], [], [], [], [], [], world.clock.now(), 500]
    await world.send("a", *range(3000))
    async with connect(world.url, name="test") as connection:

        async def plan() -> str:
            rows = await connection.fetch(f"EXPLAIN {relay_store.MARK_AND_READ}", *arguments)
            return "\n".join(row[0] for row in rows)

        assert "Bitmap Heap Scan on outbox" in await plan()
        for setting in SETTINGS_OFF:
            await connection.execute(f"SET {setting} = off")
        assert "Index Scan using outbox_unpublished on outbox" in await plan()
