"""Reads topics without a consumer group and without committing offsets."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from difflib import get_close_matches
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]
from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from waybill.kafka.security import PLAINTEXT, KafkaSecurity
from waybill_toolkit.operations.events.published import Published
from waybill_toolkit.platform.errors import PlatformError

_POLL_MS: Final = 1_000
_BATCH: Final = 1_000


class UnknownTopicError(PlatformError):
    """The broker has no topic of this name."""


async def read(
    bootstrap_servers: str,
    topic: str | None,
    wanted: Callable[[Published], bool],
    security: KafkaSecurity = PLAINTEXT,
) -> list[Published]:
    """Read what there is in all topics, or in one, by time. Raises PlatformError."""
    async with _reader(bootstrap_servers, security, topic) as (consumer, partitions):
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[Published] = []
        left = {each for each in partitions if await consumer.position(each) < ends[each]}
        while left:
            for event in await _fetch(consumer, security.prefix):
                partition = TopicPartition(security.prefix + event.topic, event.partition)
                if event.offset < ends[partition]:
                    found += [event] if wanted(event) else []
            left = {each for each in left if await consumer.position(each) < ends[each]}
    return _in_order(found)


async def follow(
    bootstrap_servers: str,
    topic: str | None,
    wanted: Callable[[Published], bool],
    on_begin: Callable[[int], None],
    security: KafkaSecurity = PLAINTEXT,
) -> AsyncGenerator[Published, None]:
    """Read the events that are published from now on, until cancelled. Raises PlatformError.

    `on_begin` is called with the number of topics when no further event will be missed.
    """
    async with _reader(bootstrap_servers, security, topic) as (consumer, partitions):
        for partition, end in (await consumer.end_offsets(partitions)).items():
            consumer.seek(partition, end)
        on_begin(len({partition.topic for partition in partitions}))
        while True:
            for event in _in_order(await _fetch(consumer, security.prefix)):
                if wanted(event):
                    yield event


@asynccontextmanager
async def _reader(
    bootstrap_servers: str, security: KafkaSecurity, topic: str | None
) -> AsyncIterator[tuple[AIOKafkaConsumer, list[TopicPartition]]]:
    # A broker that lost its data begins again at 0, and so does who reads on.
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **security.arguments(),
    )
    try:
        partitions = await _partitions(bootstrap_servers, security, topic)
        await consumer.start()
        consumer.assign(partitions)
        yield consumer, partitions
    except KafkaError as error:
        raise PlatformError(
            f"The broker at {bootstrap_servers} does not answer: see `waybill status`."
        ) from error
    finally:
        await consumer.stop()


async def _partitions(
    bootstrap_servers: str, security: KafkaSecurity, topic: str | None
) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, **security.arguments())
    try:
        await admin.start()
        described = await admin.describe_topics()
    finally:
        await admin.close()
    prefix = security.prefix
    described = [
        each
        for each in described
        if not each["is_internal"] and each["topic"].startswith(prefix)  # others are Kafka's own
    ]
    topics = sorted(each["topic"].removeprefix(prefix) for each in described)
    if topic is not None and topic not in topics:
        close = get_close_matches(topic, topics, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise UnknownTopicError(f"There is no topic {topic}. {hint}There is {', '.join(topics)}.")
    return [
        TopicPartition(each["topic"], partition["partition"])
        for each in described
        for partition in each["partitions"]
        if topic is None or each["topic"] == prefix + topic
    ]


async def _fetch(consumer: AIOKafkaConsumer, prefix: str) -> list[Published]:
    batches = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_BATCH)
    return [Published.of(record, prefix) for batch in batches.values() for record in batch]


def _in_order(events: Iterable[Published]) -> list[Published]:
    return sorted(events, key=lambda each: (each.time, each.topic, each.partition, each.offset))
