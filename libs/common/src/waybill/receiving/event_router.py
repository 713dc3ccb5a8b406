"""Decodes records from Kafka and passes their events to the event handlers."""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID, uuid5

from waybill.events import (
    Envelope,
    Event,
    ForeignSourceError,
    PermanentError,
    Received,
    decode_headers,
    decode_payload,
)
from waybill.kafka.record_batches import Record
from waybill.metrics import begin_at_zero
from waybill.postgres import Transaction
from waybill.receiving.metrics import HANDLER_SECONDS

_UNREADABLE: Final = UUID("b5d5bb0e-1e6f-5c5c-8a5b-6f0e0d1a6a10")
"""Namespace of the ids assigned to events without a readable id (RFC 9562, version 5)."""

EventHandler: TypeAlias = Callable[[Transaction, Sequence[Event[Any]]], Awaitable[None]]


class OrderingKey(NamedTuple):
    """A key in a topic. Its events are processed in order."""

    topic: str
    key: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A record that this service must process: an event and its event handler, or an error."""

    event_id: UUID
    type: str | None
    record: Record
    ordering_key: OrderingKey
    event: Event[Any] | None
    handler: str
    error: PermanentError | None


class EventRouter:
    """Decodes records, and calls the event handlers that the contract names."""

    def __init__(self, event_handlers: object, received: Sequence[Received[Any]]) -> None:
        """Look up all handlers. Raises AttributeError for a missing one."""
        self._received = {(each.message.topic, each.message.type): each for each in received}
        self._handlers: dict[str, EventHandler] = {
            each.handler: _timed(getattr(event_handlers, each.handler), each) for each in received
        }
        for each in received:
            for outcome in ("processed", "retrying", "dead"):
                begin_at_zero(
                    "waybill_events_received_total", each.message.type, each.handler, outcome
                )
        self.topics = frozenset(each.message.topic for each in received)

    def read(self, record: Record) -> Delivery | None:
        """Decode a record; None when the service does not receive events of its type.

        Does not raise for a malformed record: the delivery carries the error.
        """
        its_key = ordering_key(record)
        try:
            envelope = decode_headers(record.headers)
        except PermanentError as error:
            return Delivery(derived_id(record), None, record, its_key, None, "", error)
        received = self._received.get((record.topic, envelope.type))
        if received is None:
            return None
        if received.source not in {None, envelope.source}:
            return _foreign(record, envelope, received.source)
        event: Event[Any] | None = None
        failure: PermanentError | None = None
        try:
            event = _event(envelope, its_key, decode_payload(received.message.model, record.value))
        except PermanentError as error:
            failure = error
        return Delivery(
            envelope.id, envelope.type, record, its_key, event, received.handler, failure
        )

    async def react(self, tx: Transaction, handler: str, events: Sequence[Event[Any]]) -> None:
        """Call an event handler with events of one type."""
        await self._handlers[handler](tx, events)


def _timed(handler: EventHandler, received: Received[Any]) -> EventHandler:
    labels = received.message.type, received.handler

    async def timed(tx: Transaction, events: Sequence[Event[Any]]) -> None:
        began = time.perf_counter()
        try:
            await handler(tx, events)
        finally:
            HANDLER_SECONDS.labels(*labels).observe(time.perf_counter() - began)

    return timed


def batches(deliveries: Iterable[Delivery]) -> Iterator[tuple[str, list[Event[Any]]]]:
    """Group events into as few calls as possible, each with events of one type.

    The events of one key keep their order, and each call has at most one event of a key.
    """
    ordering_keys: dict[OrderingKey, deque[Delivery]] = {}
    for delivery in deliveries:
        ordering_keys.setdefault(delivery.ordering_key, deque()).append(delivery)
    while ordering_keys:
        heads: dict[str, list[OrderingKey]] = {}
        for ordering_key, queue in ordering_keys.items():
            heads.setdefault(queue[0].handler, []).append(ordering_key)
        handler = max(heads, key=lambda name: len(heads[name]))
        batch = [ordering_keys[ordering_key].popleft() for ordering_key in heads[handler]]
        for ordering_key in heads[handler]:
            if not ordering_keys[ordering_key]:
                del ordering_keys[ordering_key]
        yield handler, [each.event for each in batch if each.event is not None]


def _foreign(record: Record, envelope: Envelope, owner: str | None) -> Delivery:
    """Return the delivery that parks an event from another source.

    It is no event of its key and of its id: those that are neither wait for it nor are dropped as
    its duplicates.
    """
    own_key = ordering_key(record._replace(key=None))
    error = ForeignSourceError(
        f"its source is {envelope.source[:100]!r}; only {owner} sends events of {record.topic}"
    )
    return Delivery(derived_id(record), envelope.type, record, own_key, None, "", error)


def _event(envelope: Envelope, ordering_key: OrderingKey, data: Any) -> Event[Any]:  # noqa: ANN401 (any payload)
    return Event(
        id=envelope.id,
        type=envelope.type,
        source=envelope.source,
        time=envelope.time,
        key=ordering_key.key,
        data=data,
        traceparent=envelope.traceparent,
        actor=envelope.actor,
    )


def ordering_key(record: Record) -> OrderingKey:
    """Return the key whose order the record belongs to."""
    if record.key is None:
        # A record without a key has no order: no event waits for another one.
        return OrderingKey(record.topic, f"{record.topic}/{record.partition}/{record.offset}")
    # A PostgreSQL text can hold neither invalid UTF-8 nor NUL.
    key = record.key.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    return OrderingKey(record.topic, key)


def derived_id(record: Record) -> UUID:
    """Return the id of what was read at an offset when it has no readable id of its own."""
    # Includes the content: after a broker has lost its logs, other records have these offsets.
    digest = sha256(repr((record.key, record.headers, record.value)).encode()).hexdigest()
    return uuid5(_UNREADABLE, f"{record.topic}/{record.partition}/{record.offset}/{digest}")
