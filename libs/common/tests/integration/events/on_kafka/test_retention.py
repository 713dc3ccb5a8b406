"""Kafka deletes records by their timestamps. An event may have waited long in the outbox."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]
from aiokafka.admin.config_resource import (  # type: ignore[import-untyped]
    ConfigResource,
    ConfigResourceType,
)

from waybill.kafka.link import BrokerLink, create_usable, ensure_topics
from waybill.kafka.partitions import Partition
from waybill.kafka.record_batches import RecordBatch
from waybill.postgres.retention import INBOX_RETENTION, OUTBOX_RETENTION
from waybill_toolkit.testing.kafka_cluster import KafkaCluster, kafka_cluster

LONG_AGO_MS = 1


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """Run a node that deletes old records at once, not after 30 s and every five minutes."""
    others = {"log.initial.task.delay.ms": "0", "log.retention.check.interval.ms": "200"}
    with kafka_cluster(tmp_path_factory.mktemp("kafka"), others=others) as cluster:
        yield cluster


async def test_event_is_kept_for_the_retention_of_its_topic_from_its_publication_on(
    world: Any, running: Any, eventually: Any, cluster: KafkaCluster
) -> None:
    """The event is eight days old, its topic keeps records for one, and no consumer runs yet."""
    servers, topic = cluster.bootstrap_servers, world.topic
    await world.send("a", 1, 2, 3)
    link = await BrokerLink.open(servers)
    await create_usable(link, [topic])

    async def is_published() -> bool:
        return bool(await world.unpublished() == 0)

    async with running(world.relay(servers)):
        await eventually(is_published)
    await _wait_for_a_retention_check(link, replace(topic, name=f"{topic.name}.old"), eventually)
    partitions = [Partition(topic.name, number) for number in range(topic.partitions)]
    starts = await link.start_offsets(partitions, await link.topics([topic.name]))
    await link.close()
    assert set(starts.values()) == {0}, f"Kafka has deleted events: {starts}"

    async def is_seen() -> bool:
        return bool(await world.seen() == [("a", 1), ("a", 2), ("a", 3)])

    async with running(world.consumer(servers)):
        await eventually(is_seen)


async def test_record_is_kept_for_a_day_longer_than_its_retention_at_most(
    world: Any, cluster: KafkaCluster
) -> None:
    """Kafka deletes whole segments. Inboxes forget events after two weeks."""
    topic = replace(world.topic, retention_hours=168)
    await ensure_topics(cluster.bootstrap_servers, [topic])
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
    await admin.start()
    [found] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name)])
    await admin.close()
    [(_, _, _, _, entries)] = found.resources
    settings = {name: value for name, value, *_ in entries}
    kept = timedelta(milliseconds=int(settings["retention.ms"]) + int(settings["segment.ms"]))
    assert kept == timedelta(days=8)
    assert OUTBOX_RETENTION + kept < INBOX_RETENTION


async def _wait_for_a_retention_check(link: BrokerLink, topic: Any, eventually: Any) -> None:
    """Append an old record to another topic, and wait until it is deleted."""
    await create_usable(link, [topic])
    states = await link.topics([topic.name])
    old = Partition(topic.name, 0)
    batch = RecordBatch()
    batch.append(0, b"key", b"value", [], LONG_AGO_MS)
    await link.produce({old: batch.encode()}, states)

    async def is_deleted() -> bool:
        return (await link.start_offsets([old], states))[old] == 1

    await eventually(is_deleted)
