"""A record has the time of its publication, from which brokers count the retention of a topic.

By the time of its event, Kafka would delete what has waited in the outbox for long: see
`on_kafka/test_retention.py`.
"""

from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]

from waybill.clock import SystemClock
from waybill.events import decode_headers
from waybill.kafka.link import ensure_topics
from waybill.kafka.record_batches import partition_of


def _now_ms() -> int:
    return int(SystemClock().now().timestamp() * 1000)


async def test_record_has_the_time_of_its_publication_and_its_event_the_time_of_the_event(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    await ensure_topics(bootstrap_servers, [world.topic])
    await world.send("a", 1)
    began = _now_ms()

    async def is_published() -> bool:
        return bool(await world.unpublished() == 0)

    async with running(world.relay(bootstrap_servers)):
        await eventually(is_published)
    ended = _now_ms()
    log = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest")
    await log.start()
    log.assign([TopicPartition(world.topic.name, partition_of(b"a", world.topic.partitions))])
    record = await log.getone()
    await log.stop()
    assert began <= record.timestamp <= ended
    assert decode_headers(record.headers).time == world.clock.now() < SystemClock().now()
