"""What arrives from Kafka, made ready for the reactions."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID, uuid5

from waybill.events import (
    Envelope,
    Event,
    Headers,
    PermanentError,
    Received,
    decode_headers,
    decode_payload,
)
from waybill.postgres.database import Transaction

_UNREADABLE: Final = UUID("b5d5bb0e-1e6f-5c5c-8a5b-6f0e0d1a6a10")
"""Namespace of the ids that events without a readable id get here (RFC 9562, version 5)."""

Reaction: TypeAlias = Callable[[Transaction, Sequence[Event[Any]]], Awaitable[None]]


class Arrival(NamedTuple):
    """A record as it came: from Kafka, or again from the dead letters."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Headers
    value: bytes | None


class Line(NamedTuple):
    """What keeps its order: the events of one key in one topic."""

    topic: str
    key: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A record that this service has to deal with: an event and its reaction, or an error."""

    event_id: UUID
    type: str | None
    arrival: Arrival
    line: Line
    event: Event[Any] | None
    handler: str
    error: PermanentError | None


class Receiver:
    """Reads records, and hands their events to the reactions that the contract names."""

    def __init__(self, reactions: object, received: Sequence[Received[Any]]) -> None:
        """Look up all handlers now, so that a missing one is found at the start."""
        self._received = {(each.message.topic, each.message.type): each for each in received}
        self._reactions: dict[str, Reaction] = {
            each.handler: getattr(reactions, each.handler) for each in received
        }
        self.topics = frozenset(each.message.topic for each in received)

    def read(self, arrival: Arrival) -> Delivery | None:
        """Make a delivery of a record; None when its type is not received here.

        Never raises for what is in the record: what is wrong with it becomes the delivery's error.
        """
        line = _line(arrival)
        try:
            envelope = decode_headers(arrival.headers)
        except PermanentError as error:
            return Delivery(_made_up_id(arrival), None, arrival, line, None, "", error)
        received = self._received.get((arrival.topic, envelope.type))
        if received is None:
            return None
        event: Event[Any] | None = None
        failure: PermanentError | None = None
        try:
            event = _event(envelope, line, decode_payload(received.message.model, arrival.value))
        except PermanentError as error:
            failure = error
        return Delivery(envelope.id, envelope.type, arrival, line, event, received.handler, failure)

    async def react(self, tx: Transaction, handler: str, events: Sequence[Event[Any]]) -> None:
        """Let the reactions deal with events of one type."""
        await self._reactions[handler](tx, events)


def waves(deliveries: Iterable[Delivery]) -> Iterator[tuple[str, list[Event[Any]]]]:
    """Arrange events for as few calls as possible, each for many events of one type.

    The events of one key keep their order, and each call has at most one of a key.
    """
    lines: dict[Line, deque[Delivery]] = {}
    for delivery in deliveries:
        lines.setdefault(delivery.line, deque()).append(delivery)
    while lines:
        heads: dict[str, list[Line]] = {}
        for line, queue in lines.items():
            heads.setdefault(queue[0].handler, []).append(line)
        handler = max(heads, key=lambda name: len(heads[name]))
        wave = [lines[line].popleft() for line in heads[handler]]
        for line in heads[handler]:
            if not lines[line]:
                del lines[line]
        yield handler, [each.event for each in wave if each.event is not None]


def _event(envelope: Envelope, line: Line, data: Any) -> Event[Any]:  # noqa: ANN401 (any payload)
    return Event(
        id=envelope.id,
        type=envelope.type,
        source=envelope.source,
        time=envelope.time,
        key=line.key,
        data=data,
        traceparent=envelope.traceparent,
    )


def _line(arrival: Arrival) -> Line:
    if arrival.key is None:
        # Without a key there is no order to keep: it waits for nobody, nobody waits for it.
        return Line(arrival.topic, f"{arrival.topic}/{arrival.partition}/{arrival.offset}")
    # PostgreSQL's text takes neither broken UTF-8 nor NUL.
    key = arrival.key.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    return Line(arrival.topic, key)


def _made_up_id(arrival: Arrival) -> UUID:
    # The content is part of it: after the loss of a broker, other records have these offsets.
    digest = sha256(repr((arrival.key, arrival.headers, arrival.value)).encode()).hexdigest()
    return uuid5(_UNREADABLE, f"{arrival.topic}/{arrival.partition}/{arrival.offset}/{digest}")
