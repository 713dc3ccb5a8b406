"""Three nodes: one is killed, leaders move, idle connections are closed. Nothing is lost."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]

from waybill.kafka.link import BrokerLink, create_usable
from waybill.kafka.partitions import Partition
from waybill_toolkit.testing.kafka_cluster import KafkaCluster

ACCOUNTS = [f"account {number}" for number in range(12)]


async def leaders(cluster: KafkaCluster, topic: str) -> list[int]:
    link = await BrokerLink.open(cluster.bootstrap_servers)
    try:
        states = await link.topics([topic])
        return list(states[topic].leaders) if states else []
    finally:
        await link.close()


async def records(cluster: KafkaCluster, topic: str) -> int:
    """Count the records of a topic, with its duplicates."""
    link = await BrokerLink.open(cluster.bootstrap_servers)
    try:
        states = await link.topics([topic])
        partitions = [Partition(topic, number) for number in range(len(states[topic].leaders))]
        return sum((await link.end_offsets(partitions, states)).values())
    finally:
        await link.close()


async def send_while(world: Any, acting: "asyncio.Task[None]") -> int:
    """Send numbers to every account until the task is done and some more; returns how many."""
    number = 0
    rest = 10
    while rest:
        for account in ACCOUNTS:
            await world.send(account, number)
        number += 1
        rest -= acting.done()
        await asyncio.sleep(0.02)
    return number


def in_order(seen: Sequence[tuple[str, int]], count: int) -> bool:
    """Whether each account has each number once, in order."""
    return all(
        [number for account, number in seen if account == name] == list(range(count))
        for name in ACCOUNTS
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
async def test_nothing_is_lost_or_out_of_order_when_a_node_ends_under_load(  # noqa: PLR0917
    world: Any,
    running: Any,
    eventually: Any,
    three_nodes: KafkaCluster,
    number: signal.Signals,
    record_property: Any,
) -> None:
    servers, topic = three_nodes.bootstrap_servers, world.topic
    link = await BrokerLink.open(servers)
    await create_usable(link, [topic])
    await link.close()
    node = three_nodes.nodes[(await leaders(three_nodes, topic.name))[0]]

    async def act() -> None:
        await asyncio.sleep(1)
        await asyncio.to_thread(node.stop, number)
        await eventually(has_moved)
        node.start()
        await asyncio.to_thread(node.wait_until_ready)
        await eventually(has_moved_back)

    async def has_moved() -> bool:
        found = await leaders(three_nodes, topic.name)
        return bool(found) and node.number not in found and -1 not in found

    async def has_moved_back() -> bool:
        return node.number in await leaders(three_nodes, topic.name)

    async with running(world.relay(servers), world.consumer(servers)):
        async with asyncio.TaskGroup() as tasks:
            count = await send_while(world, tasks.create_task(act()))

        async def is_complete() -> bool:
            return len(await world.seen()) >= count * len(ACCOUNTS)

        await eventually(is_complete)
    seen = await world.seen()
    assert in_order(seen, count), Counter(seen).most_common(3)
    duplicates = await records(three_nodes, topic.name) - len(seen)
    record_property("duplicates", duplicates)
    print(f"{len(seen)} events, {duplicates} duplicates in the logs")  # noqa: T201 - a measurement


@asynccontextmanager
async def administering(cluster: KafkaCluster) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def nodes(cluster: KafkaCluster) -> int:
    """Count the nodes that the cluster names to its clients."""
    async with administering(cluster) as admin:
        return len((await admin.describe_cluster())["brokers"])


async def replicas(cluster: KafkaCluster, topic: str) -> tuple[set[int], set[int]]:
    """Return the numbers of replicas that partitions of a topic have, and of those in sync."""
    async with administering(cluster) as admin:
        (found,) = await admin.describe_topics([topic])
    parts = found["partitions"]
    return {len(each["replicas"]) for each in parts}, {len(each["isr"]) for each in parts}


async def test_topic_that_is_created_while_a_node_is_away_gets_a_replica_on_it(
    world: Any, eventually: Any, three_nodes: KafkaCluster
) -> None:
    node = three_nodes.nodes[3]
    await asyncio.to_thread(node.stop)

    async def is_known_to_be_away() -> bool:
        return await nodes(three_nodes) == 2

    async def is_in_sync() -> bool:
        return await replicas(three_nodes, world.topic.name) == ({3}, {3})

    await eventually(is_known_to_be_away)
    link = await BrokerLink.open(three_nodes.bootstrap_servers)
    await create_usable(link, [world.topic])
    await link.close()
    assert await replicas(three_nodes, world.topic.name) == ({3}, {2})
    node.start()
    await asyncio.to_thread(node.wait_until_ready)
    await eventually(is_in_sync)


async def test_idle_connections_stay_open(
    world: Any,
    running: Any,
    eventually: Any,
    three_nodes: KafkaCluster,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A closed one would end the session of the relay, and that of the consumer: a rebalance."""
    servers = three_nodes.bootstrap_servers
    relay, consumer = world.relay(servers), world.consumer(servers)

    async def has_seen(count: int) -> bool:
        return len(await world.seen()) == count

    async with running(relay, consumer):
        await world.send("a", 1)
        await eventually(lambda: has_seen(1))
        caplog.clear()
        await asyncio.sleep(20)  # the brokers close what has been idle for 12 s
        await world.send("a", 2)
        await eventually(lambda: has_seen(2))
        assert [each.message for each in caplog.records if "retry" in each.message] == []
