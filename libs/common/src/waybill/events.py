"""Events as the services see them, and as they travel.

On the wire an event is a CloudEvent 1.0 in Kafka binary mode
(https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md):
attributes in headers, JSON in the value, the aggregate's id as the record's key.

    PermanentError              repeating cannot help: the event becomes a dead letter at once
    ├── UnreadableEventError    a required header is missing or malformed
    ├── InvalidPayloadError     the value is no JSON, or does not fit the event's schema
    └── PayloadTooLargeError    what was to be sent is more than a broker takes
"""

import builtins
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)

Headers = Sequence[tuple[str, bytes]]

CONTENT_TYPE: Final = b"application/json"

# Kafka refuses records above 1,048,588 bytes (message.max.bytes); this leaves room for headers.
# Refusing at the sender keeps a record that can never be published out of the outbox.
PAYLOAD_BYTES_MAX: Final = 1_000_000


class PermanentError(Exception):
    """Raised by an event handler for an event that no retry can help."""


class UnreadableEventError(PermanentError):
    """A record whose headers do not make an event of it."""


class InvalidPayloadError(PermanentError):
    """A payload that does not fit the schema of its event type."""


class PayloadTooLargeError(PermanentError):
    """A payload that is larger than PAYLOAD_BYTES_MAX."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that a service owns, as its contract declares it."""

    name: str
    partitions: int
    retention_hours: int


@dataclass(frozen=True, slots=True)
class Message(Generic[T]):
    """A type of event or command: where it travels and what it carries.

    Build it without a subscript, `Message(..., model=OrderPlaced)`: T follows from `model`.
    """

    type: str
    topic: str
    key: str
    """Name of the payload's field that becomes the record's key: the aggregate's id."""
    model: builtins.type[T]


@dataclass(frozen=True, slots=True)
class Received(Generic[T]):
    """Binds a received message to the method of the event handlers that handles it."""

    message: Message[T]
    handler: str


@dataclass(frozen=True, slots=True)
class Event(Generic[T]):
    """One event that happened; `id` is the same however often it is delivered."""

    id: UUID
    type: str
    source: str
    time: datetime
    key: str
    data: T
    traceparent: str


class Cause(Protocol):
    """What leads to an event: one that was received, or a call. Its trace is carried on."""

    @property
    def traceparent(self) -> str:
        """The trace, as W3C Trace Context writes it."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the headers of a record say about its event."""

    id: UUID
    type: str
    source: str
    time: datetime
    traceparent: str


def encode_payload(data: BaseModel) -> bytes:
    """Write a payload as JSON under its contract's names. Raises PayloadTooLargeError."""
    payload = type(data).__pydantic_serializer__.to_json(data, by_alias=True)
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise PayloadTooLargeError(f"{len(payload)} bytes, at most {PAYLOAD_BYTES_MAX} are sent")
    return payload


def decode_payload(model: type[T], value: bytes | None) -> T:
    """Read a payload. Raises InvalidPayloadError, which names fields but quotes no values."""
    if value is None:
        raise InvalidPayloadError("the record has no value")
    try:
        return model.model_validate_json(value)
    except ValidationError as error:
        raise InvalidPayloadError(faults(error)) from None


def encode_headers(envelope: Envelope) -> list[tuple[str, bytes]]:
    """Write the record headers of an event (CloudEvents Kafka binding 3.2, W3C trace context)."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(envelope.id).encode()),
        ("ce_source", envelope.source.encode()),
        ("ce_type", envelope.type.encode()),
        ("ce_time", envelope.time.isoformat().replace("+00:00", "Z").encode()),
        ("content-type", CONTENT_TYPE),
        ("traceparent", envelope.traceparent.encode()),
    ]


def decode_headers(headers: Iterable[tuple[str, bytes]]) -> Envelope:
    """Read the envelope from a record's headers; only the traceparent may be missing.

    Raises UnreadableEventError.
    """
    found = dict(headers)
    if found.get("ce_specversion") != b"1.0":
        raise UnreadableEventError("header ce_specversion is not 1.0")
    try:
        time = datetime.fromisoformat(_required(found, "ce_time"))
        identifier = UUID(_required(found, "ce_id"))
    except ValueError:
        raise UnreadableEventError("header ce_id or ce_time is malformed") from None
    if time.tzinfo is None:
        raise UnreadableEventError("header ce_time has no offset from UTC")
    return Envelope(
        id=identifier,
        type=_required(found, "ce_type"),
        source=_required(found, "ce_source"),
        time=time,
        traceparent=found.get("traceparent", b"").decode("ascii", "replace"),
    )


def _required(headers: Mapping[str, bytes], name: str) -> str:
    value = headers.get(name)
    if not value:
        raise UnreadableEventError(f"header {name} is missing")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise UnreadableEventError(f"header {name} is not UTF-8") from None


def faults(error: ValidationError) -> str:
    """Say what a validation found, by field and kind, without the values."""
    found = error.errors(include_input=False, include_url=False)
    shown = "; ".join(
        f"/{'/'.join(map(str, fault['loc']))}: {fault['type']}" for fault in found[:5]
    )
    return f"{len(found)} fault(s): {shown}"
