"""Replaces the services around the service under test, on the real broker.

    async with fake_service("orders", contract, bootstrap_servers) as orders:
        await orders.send("inventory.commit-stock.v1", {"order_id": order_id})
        [answer] = await orders.receive(order_id, count=1)

Sent and received events are checked against the contract of the service under test.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
from aiokafka import (  # type: ignore[import-untyped]
    AIOKafkaConsumer,
    AIOKafkaProducer,
    TopicPartition,
)

from waybill import trace
from waybill.actor import decode_actor
from waybill.events import Envelope, Topic, encode_headers
from waybill.ids import uuid7
from waybill.kafka.link import BrokerLink, ensure_topics
from waybill.kafka.security import PLAINTEXT, KafkaSecurity
from waybill_toolkit.contracts.releases import recording
from waybill_toolkit.contracts.releases.recording import RecordedEvent
from waybill_toolkit.contracts.schema_check import Json, SchemaDocument, read_json
from waybill_toolkit.testing.eventually import eventually

_TIME: Final = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DeclaredMessage:
    """One event type or command of the contract; the schemas are pointers."""

    type: str
    topic: str
    key: str
    payload: str
    headers: str


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """An event that the service under test has published."""

    id: UUID
    type: str
    key: str
    data: Json
    traceparent: str
    actor: str | None = None


class EventContract(SchemaDocument):
    """A bundled AsyncAPI document, to check events with."""

    def __init__(self, contents: Json) -> None:
        super().__init__(contents)
        channels = [self.resolve(channel) for channel in contents["channels"].values()]
        self.topics: Final = tuple(
            Topic(channel["address"], channel["x-partitions"], channel["x-retention-hours"])
            for channel in channels
        )
        self._messages = {
            message["name"]: DeclaredMessage(
                type=message["name"],
                topic=channel["address"],
                key=message["x-key"],
                payload=_pointer(message["payload"]),
                headers=_pointer(message["headers"]),
            )
            for channel in channels
            for message in map(self.resolve, channel["messages"].values())
        }

    @classmethod
    def load(cls, path: Path) -> "EventContract":
        """Read a bundled asyncapi.json."""
        return cls(read_json(path))

    def check(self, topic: str, key: str, headers: Mapping[str, str], data: Json) -> None:
        """Raise AssertionError unless the contract has such an event on this topic."""
        message = self.message(headers.get("ce_type", ""))
        faults = [
            *self.faults(message.headers, dict(headers)),
            *self.faults(message.payload, data),
        ]
        if topic != message.topic:
            faults.append(f"its topic is {topic}")
        if key != str(data.get(message.key)):
            faults.append(f"its key is {key}")
        if faults:
            raise AssertionError(f"{message.type}: {'; '.join(faults)}: {data}")
        recording.note_event(RecordedEvent(message.type, topic, key, dict(headers), data))

    def message(self, event_type: str) -> DeclaredMessage:
        """Find a message by its type; raises AssertionError for an unknown type."""
        if event_type not in self._messages:
            raise AssertionError(f"the contract has no event {event_type!r}")
        return self._messages[event_type]


class FakeService:
    """Sends events to the service and receives its events; created by `fake_service`."""

    def __init__(
        self,
        name: str | None,
        contract: EventContract,
        producer: AIOKafkaProducer,
        consumer: AIOKafkaConsumer,
    ) -> None:
        self._name = name
        self._contract = contract
        self._producer = producer
        self._consumer = consumer
        self._received: list[ReceivedEvent] = []
        self._sent: set[UUID] = set()

    async def send(
        self,
        event_type: str,
        data: Json,
        *,
        event_id: UUID | None = None,
        traceparent: str | None = None,
        actor: str | None = None,
        checked: bool = True,
    ) -> UUID:
        """Publish an event and return its id. An event with the id of another one is its duplicate.

        With `checked=False` it may violate the contract.
        """
        message = self._contract.message(event_type)
        owner, _, _ = message.topic.partition(".")
        envelope = Envelope(
            id=event_id or uuid7(),
            type=event_type,
            source=self._name or owner,
            time=_TIME,
            traceparent=traceparent or trace.begin().traceparent,
            actor=actor,
        )
        headers = encode_headers(envelope)
        key = str(data.get(message.key))
        if checked:
            self._contract.check(message.topic, key, _text(headers), data)
        self._sent.add(envelope.id)
        await self._producer.send_and_wait(
            message.topic, key=key.encode(), value=orjson.dumps(data), headers=headers
        )
        return envelope.id

    async def receive(self, key: object, count: int) -> Sequence[ReceivedEvent]:
        """Wait until the service has published `count` events of this key; return all, in order.

        Raises NotReachedError, with the events of this key; AssertionError for an event that is not
        in the contract.
        """

        async def poll() -> list[ReceivedEvent]:
            if len(found := self._received_with(str(key))) < count:
                await self._read()
                found = self._received_with(str(key))
            return found

        return await eventually(
            f"{count} events of key {key}",
            poll,
            lambda found: len(found) >= count,
            show=lambda found: [each.type for each in found],
        )

    def _received_with(self, key: str) -> list[ReceivedEvent]:
        return [each for each in self._received if each.key == key]

    async def _read(self) -> None:
        batches = await self._consumer.getmany(timeout_ms=100)
        for record in (record for batch in batches.values() for record in batch):
            self._note(record)

    def _note(self, record: Any) -> None:  # noqa: ANN401 (aiokafka is untyped)
        headers, key, data = _text(record.headers), record.key.decode(), orjson.loads(record.value)
        if headers["ce_source"] == self._name or UUID(headers["ce_id"]) in self._sent:
            return
        self._contract.check(record.topic, key, headers, data)
        self._received.append(
            ReceivedEvent(
                UUID(headers["ce_id"]),
                headers["ce_type"],
                key,
                data,
                headers["traceparent"],
                decode_actor(dict(record.headers)),
            )
        )


@asynccontextmanager
async def fake_service(
    name: str | None,
    contract: EventContract,
    bootstrap_servers: str,
    security: KafkaSecurity = PLAINTEXT,
) -> AsyncIterator[FakeService]:
    """Connect a fake service called `name`; missing topics are created.

    Without a name it fakes several services: each event comes from the owner of its topic.
    It receives events that are published from now on.
    """
    await ensure_topics(bootstrap_servers, contract.topics, security)
    where = {"bootstrap_servers": bootstrap_servers, **security.arguments()}
    producer = AIOKafkaProducer(**where)
    consumer = AIOKafkaConsumer(**where, fetch_max_wait_ms=10)
    await producer.start()
    try:
        await consumer.start()
        try:
            partitions = await _partitions(contract, bootstrap_servers, security)
            consumer.assign(partitions)
            # Resolved now: seek_to_end would resolve the end at the first fetch.
            for partition, end in (await consumer.end_offsets(partitions)).items():
                consumer.seek(partition, end)
            yield FakeService(name, contract, producer, consumer)
        finally:
            await consumer.stop()
    finally:
        await producer.stop()


async def _partitions(
    contract: EventContract, bootstrap_servers: str, security: KafkaSecurity
) -> list[TopicPartition]:
    """List the existing partitions; a platform may have fewer than the contract says."""
    link = await BrokerLink.open(bootstrap_servers, security)
    try:
        states = await link.topics(topic.name for topic in contract.topics)
    finally:
        await link.close()
    return [
        TopicPartition(name, number)
        for name, state in states.items()
        for number in range(len(state.leaders))
    ]


def _pointer(reference: Json) -> str:
    return str(reference["$ref"]).removeprefix("#")


def _text(headers: Sequence[tuple[str, bytes]]) -> dict[str, str]:
    return {name: value.decode() for name, value in headers}
