"""Reading what lies in a real broker, also what is no event."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from waybill.events import Envelope, Topic, encode_headers
from waybill.ids import uuid7
from waybill.kafka.link import BrokerLink, create_usable
from waybill.kafka.partitions import Partition
from waybill.kafka.record_batches import RecordBatch
from waybill_toolkit.operations.events.published import Published
from waybill_toolkit.operations.events.reading import UnknownTopicError, follow, read
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.ports import free_port

TIME = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
MS = int(TIME.timestamp() * 1000)


async def _publish(servers: str, topic: str, key: str, payload: bytes, at: int = MS) -> UUID:
    link = await BrokerLink.open(servers)
    try:
        await create_usable(link, [Topic(topic, partitions=1, retention_hours=1)])
        identifier = uuid7()
        envelope = Envelope(identifier, "fruit.ripened.v1", "fruit", TIME, "", "user:1")
        batch = RecordBatch()
        batch.append(0, key.encode(), payload, encode_headers(envelope), at)
        await link.produce({Partition(topic, 0): batch.encode()}, await link.topics([topic]))
    finally:
        await link.close()
    return identifier


async def test_events_of_all_topics_come_by_time(bootstrap_servers: str) -> None:
    apples, pears = f"apple.{uuid7()}", f"pear.{uuid7()}"
    order = uuid7()
    mention = f'{{"of": {{"order_id": "{order}"}}}}'.encode()
    late = await _publish(bootstrap_servers, apples, str(order), b"{}", MS + 2)
    await _publish(bootstrap_servers, pears, str(uuid7()), b"{}", MS + 1)
    early = await _publish(bootstrap_servers, pears, "a key", mention, MS)

    events = await read(bootstrap_servers, None, lambda event: event.concerns(order))
    assert [(each.id, each.topic) for each in events] == [(str(early), pears), (str(late), apples)]
    assert events[0].to_json() == {
        "time": "2026-11-29T12:30:00.000Z",
        "topic": pears,
        "partition": 0,
        "offset": 1,
        "type": "fruit.ripened.v1",
        "id": str(early),
        "key": "a key",
        "actor": "user:1",
        "payload": {"of": {"order_id": str(order)}},
    }

    assert len(await read(bootstrap_servers, pears, lambda _: True)) == 2


async def test_following_begins_at_the_end(bootstrap_servers: str) -> None:
    topic = f"apple.{uuid7()}"
    await _publish(bootstrap_servers, topic, "before", b"{}")
    has_begun = asyncio.Event()
    events = follow(bootstrap_servers, topic, lambda _: True, lambda _count: has_begun.set())

    async def next_event() -> Published:
        return await anext(events)

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(next_event())
        await has_begun.wait()
        await _publish(bootstrap_servers, topic, "after", b"{}")
    assert first.result().key == "after"
    await events.aclose()


async def test_a_record_that_is_no_event_is_shown_as_it_is(bootstrap_servers: str) -> None:
    topic = f"apple.{uuid7()}"
    await _publish(bootstrap_servers, topic, "key", b"no\n \xff JSON")
    [event] = await read(bootstrap_servers, topic, lambda _: True)
    assert event.to_json()["payload"] == "no\n � JSON"
    assert event.to_line(100).endswith(" fruit.ripened.v1 key user:1 no � JSON")

    bare = Published(TIME, topic, 0, 0, None, None, None, None)
    assert bare.to_json()["payload"] is None
    assert bare.to_line(100).endswith(f" {topic} - - - ")
    assert not bare.concerns(uuid7())


def test_a_long_payload_is_cut_behind_a_member() -> None:
    payload = b'{"id":"' + b"x" * 101 + b'","size":1}'
    event = Published(TIME, "apple", 0, 0, "ripe", None, "key", payload)
    assert event.to_line(100).endswith(f' ripe key - {{"id":"{"x" * 101}",…')


async def test_an_unknown_topic_is_refused_with_those_that_there_are(
    bootstrap_servers: str,
) -> None:
    topic = f"apple.{uuid7()}"
    await _publish(bootstrap_servers, topic, "key", b"{}")
    with pytest.raises(UnknownTopicError, match=rf"Did you mean {topic}\? There is .*{topic}"):
        await read(bootstrap_servers, topic[:-1], lambda _: True)


async def test_a_broker_that_does_not_answer_is_named() -> None:
    servers = f"127.0.0.1:{free_port()}"
    with pytest.raises(PlatformError, match=f"The broker at {servers} does not answer"):
        await read(servers, None, lambda _: True)
