"""Arranging a batch for the event handlers."""

import random
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from waybill.events import (
    Envelope,
    Event,
    ForeignSourceError,
    Message,
    Received,
    encode_headers,
)
from waybill.ids import uuid7
from waybill.kafka.record_batches import Record
from waybill.receiving.event_router import (
    Delivery,
    EventRouter,
    OrderingKey,
    batches,
)

START = datetime(2026, 11, 22, tzinfo=UTC)


class Payload(BaseModel):
    key: str


MESSAGE = Message("test.noted.v1", "test.note-events.v1", "key", Payload)


class EventHandlers:
    async def noted(self, tx: Any, events: Any) -> None:
        raise NotImplementedError


RECEIVER = EventRouter(EventHandlers(), [Received(MESSAGE, "noted")])


def _delivery(handler: str, key: str, number: int) -> Delivery:
    event = Event(uuid7(), handler, str(number), START, key, Payload(key=key), "")
    record = Record("topic", 0, number, key.encode(), (), b"")
    return Delivery(event.id, handler, record, OrderingKey("topic", key), event, handler, None)


def test_events_of_one_type_become_one_call() -> None:
    batch = [_delivery("placed", f"k{number}", number) for number in range(10)]
    [(handler, events)] = batches(batch)
    assert (handler, len(events)) == ("placed", 10)


def test_keys_keep_their_order_and_no_call_has_a_key_twice_whatever_the_batch() -> None:
    chance = random.Random(20261122)  # noqa: S311 (repeatable, not secret)
    for _ in range(200):
        batch = [
            _delivery(chance.choice("abc"), chance.choice("klmno"), number)
            for number in range(chance.randrange(60))
        ]
        got: defaultdict[str, list[int]] = defaultdict(list)
        for handler, events in batches(batch):
            assert len({event.key for event in events}) == len(events)
            for event in events:
                assert event.type == handler
                got[event.key].append(int(event.source))
        assert sum(map(len, got.values())) == len(batch)
        assert all(numbers == sorted(numbers) for numbers in got.values())


def _arrival(**other: Any) -> Record:
    envelope = Envelope(uuid7(), MESSAGE.type, "test", START, "")
    record = Record(MESSAGE.topic, 3, 7, b"k", encode_headers(envelope), b'{"key": "k"}')
    return record._replace(**other)


def test_an_event_is_skipped_when_its_type_or_its_topic_is_not_received() -> None:
    other = encode_headers(Envelope(uuid7(), "test.other.v1", "test", START, ""))
    assert RECEIVER.read(_arrival(headers=other)) is None
    assert RECEIVER.read(_arrival(topic="other")) is None
    assert RECEIVER.read(_arrival()) is not None


def test_a_record_without_an_id_gets_the_same_one_each_time_it_comes() -> None:
    first, again = RECEIVER.read(_arrival(headers=[])), RECEIVER.read(_arrival(headers=[]))
    other = RECEIVER.read(_arrival(headers=[], value=b"other"))
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.event_id == again.event_id != other.event_id


def test_an_event_of_another_source_gets_an_id_and_a_key_of_its_own() -> None:
    router = EventRouter(EventHandlers(), [Received(MESSAGE, "noted", source="owner")])
    forged, genuine = _arrival(), uuid7()
    own = _arrival(headers=encode_headers(Envelope(genuine, MESSAGE.type, "owner", START, "")))
    delivery, other = router.read(forged), router.read(own)
    assert delivery is not None
    assert other is not None
    assert isinstance(delivery.error, ForeignSourceError)
    assert str(delivery.error) == (
        "its source is 'test'; only owner sends events of test.note-events.v1"
    )
    claimed = dict(forged.headers)["ce_id"].decode()
    assert str(delivery.event_id) != claimed
    assert delivery.ordering_key == OrderingKey(MESSAGE.topic, f"{MESSAGE.topic}/3/7")
    assert (other.event_id, other.error) == (genuine, None)
