"""Events from a real broker into a real database, while things break.

Slow by nature: the first join of a group takes three seconds on the embedded broker.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]

from waybill.events import Received
from waybill.kafka.link import BrokerLink, ensure_topics
from waybill.kafka.partitions import Partition
from waybill.kafka.record_batches import partition_of
from waybill.postgres import Database
from waybill.receiving.event_router import EventRouter


async def test_events_arrive_and_offsets_are_kept_when_the_consumer_stops_in_order(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    relay = world.relay(bootstrap_servers)
    world.database.on_sent = relay.publish
    async with running(relay):
        async with running(world.consumer(bootstrap_servers)):
            for number in range(50):
                await world.send(f"key-{number % 5}", number)
            await eventually(lambda: _has_seen(world, 50))
        calls = len(world.event_handlers.calls)
        committed = await _committed(world, bootstrap_servers)
        async with running(world.consumer(bootstrap_servers)):
            await world.send("key-0", 50)
            await eventually(lambda: _has_seen(world, 51))
    assert sum(committed.values()) == 50
    assert len(world.event_handlers.calls) == calls + 1, "nothing came a second time"
    assert await _in_order(world)


async def test_nothing_takes_effect_twice_when_a_consumer_dies_before_it_commits_offsets(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    await world.send("a", *range(20))
    async with running(world.relay(bootstrap_servers)):
        stop = asyncio.Event()
        task = asyncio.ensure_future(world.consumer(bootstrap_servers).run(stop))
        await eventually(lambda: _has_seen(world, 20))
        task.cancel()
        await asyncio.wait([task])
        await world.send("a", 20)
        async with running(world.consumer(bootstrap_servers)):
            await eventually(lambda: _has_seen(world, 21))
    assert await world.seen() == [("a", number) for number in range(21)]


async def test_replicas_share_the_work_and_keep_the_order_when_one_comes_and_one_goes(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    relay = world.relay(bootstrap_servers)
    world.database.on_sent = relay.publish
    first = world.consumer(bootstrap_servers)
    other_database = await Database.open(world.url, source="test")
    second = world.consumer(bootstrap_servers, other_database)
    sent = 0

    async def both_have_partitions() -> bool:
        return bool(first.assigned == 2 and second.assigned == 2)

    async def send(count: int) -> None:
        nonlocal sent
        for _ in range(count):
            await world.send(f"key-{sent % 16}", sent)
            sent += 1

    async with running(relay, first):
        await send(50)
        await eventually(lambda: _has_seen(world, 50))
        async with running(second):
            await send(50)
            await eventually(both_have_partitions)
            await send(50)
            await eventually(lambda: _has_seen(world, 150))
        await send(50)
        await eventually(lambda: _has_seen(world, 200))
    await other_database.close()
    assert await world.value("SELECT count(DISTINCT number) FROM seen") == 200
    assert await _in_order(world)


async def test_all_arrives_once_and_in_order_when_the_broker_comes_back_empty(
    world: Any, running: Any, eventually: Any, broker_server: Any
) -> None:
    relay = world.relay(broker_server.bootstrap_servers)
    world.database.on_sent = relay.publish
    sent = 0
    stopped = asyncio.Event()

    async def keep_sending() -> None:
        nonlocal sent
        while not stopped.is_set():
            await world.send(f"key-{sent % 16}", sent)
            sent += 1
            await asyncio.sleep(0.002)

    async with running(relay, world.consumer(broker_server.bootstrap_servers)):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_sending())
            for _ in range(2):
                before = await _count(world)
                await eventually(lambda before=before: _has_seen(world, before + 100))
                broker_server.lose()
                # While it is away, and before the consumer is back, the log gets new events.
                before = sent
                await eventually(lambda before=before: _true(sent >= before + 50))
                broker_server.start()
            before = await _count(world)
            await eventually(lambda before=before: _has_seen(world, before + 100))
            stopped.set()
        await eventually(lambda: _has_seen(world, sent))
    assert await _count(world) == sent, "none twice"
    assert await _in_order(world)
    assert await world.value("SELECT count(*) FROM dead_letters") == 0


async def test_nothing_is_skipped_when_the_log_was_filled_anew_beyond_where_the_consumer_was(
    world: Any, running: Any, eventually: Any, broker_server: Any
) -> None:
    """Its Kafka client alone would go on in the middle, and come back for the rest later."""
    bootstrap_servers = broker_server.bootstrap_servers
    await world.produce(bootstrap_servers, "a", *range(20))
    async with running(world.consumer(bootstrap_servers)):
        await eventually(lambda: _has_seen(world, 20))
        broker_server.lose()
        broker_server.start()
        _at_once(world.produce(bootstrap_servers, "a", *range(20, 80)))
        await eventually(lambda: _has_seen(world, 80))
    assert await world.seen() == [("a", number) for number in range(80)]


async def test_nothing_is_skipped_when_an_offset_of_the_lost_log_is_committed_to_the_new_broker(
    world: Any, running: Any, eventually: Any, broker_server: Any, caplog: Any
) -> None:
    """A batch that waits for the database while the broker is replaced ends after that."""
    # A service quiets this logger; the loggers are those of every test in this process.
    caplog.set_level(logging.WARNING, logger="aiokafka")
    bootstrap_servers = broker_server.bootstrap_servers
    await world.produce(bootstrap_servers, "a", *range(20))
    async with running(world.consumer(bootstrap_servers)):
        await eventually(lambda: _has_seen(world, 20))
        async with world.database.transaction() as tx:
            await tx.execute("LOCK TABLE seen IN EXCLUSIVE MODE")
            await world.produce(bootstrap_servers, "a", 20)
            await eventually(lambda: _waits_for_a_lock(world))
            broker_server.lose()
            broker_server.start()
            await world.produce(bootstrap_servers, "a", *range(21, 80))
            # Only a client that knows that the group has forgotten it may commit without a group.
            await eventually(lambda: _true("member_id was not recognized" in caplog.text))
        await eventually(lambda: _has_seen(world, 80))
    assert await world.seen() == [("a", number) for number in range(80)]


async def test_a_consumer_goes_on_where_a_tool_has_set_the_offset_of_its_group(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    await world.produce(bootstrap_servers, "a", *range(20))
    number = partition_of(b"a", world.topic.partitions)
    tool = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, group_id=world.group)
    partition = TopicPartition(world.topic.name, number)
    tool.assign([partition])
    await tool.start()
    await tool.commit({partition: 15})
    await tool.stop()
    async with running(world.consumer(bootstrap_servers)):
        await eventually(lambda: _has_seen(world, 5))
    assert await world.seen() == [("a", number) for number in range(15, 20)]


async def test_a_topic_is_consumed_when_its_owner_makes_it_long_after_the_others(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    late = replace(world.topic, name=f"{world.topic.name}.late")
    closed = replace(world.closed, topic=late.name)
    world.event_router = EventRouter(
        world.event_handlers, [Received(world.noted, "noted"), Received(closed, "closed")]
    )
    await world.send("a", 1)
    async with running(world.relay(bootstrap_servers), world.consumer(bootstrap_servers)):
        await eventually(lambda: _has_seen(world, 1))
        async with world.database.transaction() as tx:
            tx.send(closed, closed.model(account="b", number=2))
        await ensure_topics(bootstrap_servers, [late])
        await eventually(lambda: _has_seen(world, 2))
    assert await world.seen() == [("a", 1), ("b", 2)]


async def test_events_go_on_when_the_databases_connections_are_lost(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    relay = world.relay(bootstrap_servers)
    async with running(relay, world.consumer(bootstrap_servers)):
        await world.send("a", *range(20))
        await eventually(lambda: _has_seen(world, 20))
        await world.send("a", *range(20, 40))
        await world.value(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await eventually(lambda: _has_seen(world, 40))
    assert await world.seen() == [("a", number) for number in range(40)]


def _at_once(work: Coroutine[Any, Any, None]) -> None:
    """Do it while everything else in this process stands still."""
    thread = threading.Thread(target=asyncio.run, args=(work,))
    thread.start()
    thread.join()


async def _committed(world: Any, bootstrap_servers: str) -> dict[int, int]:
    link = await BrokerLink.open(bootstrap_servers)
    offsets = await link.committed(world.group, [Partition(world.topic.name, n) for n in range(4)])
    await link.close()
    return {partition.number: committed.offset for partition, committed in offsets.items()}


async def _count(world: Any) -> int:
    return int(await world.value("SELECT count(*) FROM seen"))


async def _has_seen(world: Any, count: int) -> bool:
    return await _count(world) >= count


async def _waits_for_a_lock(world: Any) -> bool:
    return bool(
        await world.value(
            "SELECT count(*) > 0 FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )


async def _true(value: bool) -> bool:  # noqa: FBT001
    return value


async def _in_order(world: Any) -> bool:
    return bool(
        await world.value(
            "SELECT coalesce(bool_and(number > before), true) FROM ("
            " SELECT number, lag(number, 1, -1) OVER (PARTITION BY account ORDER BY id) AS before"
            " FROM seen) AS steps"
        )
    )
