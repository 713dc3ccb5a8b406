"""Events: their Python types, and their encoding in Kafka records.

On the wire an event is a CloudEvent 1.0 in Kafka binary mode
(https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md):
attributes in headers, JSON in the value, the aggregate's id as the record's key.

    PermanentError              a retry does not help: the event becomes a dead letter at once
    ├── UnreadableEventError    a required header is missing or malformed
    ├── ForeignSourceError      its source is not the service that owns the topic
    ├── InvalidPayloadError     the value is not JSON, or does not match the event's schema
    └── PayloadTooLargeError    the payload is larger than a broker accepts
"""

import builtins
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from waybill.actor import decode_actor, encode_actor

T = TypeVar("T", bound=BaseModel)

Headers = Sequence[tuple[str, bytes]]

CONTENT_TYPE: Final = b"application/json"

# Kafka refuses records above 1,048,588 bytes (message.max.bytes); this leaves room for headers.
# The sender refuses larger payloads, so that the outbox has no event that cannot be published.
PAYLOAD_BYTES_MAX: Final = 1_000_000


class PermanentError(Exception):
    """Raised by an event handler when a retry of the event does not help."""


class UnreadableEventError(PermanentError):
    """A record whose headers do not describe an event."""


class ForeignSourceError(PermanentError):
    """An event that another service than the owner of its topic claims to have sent."""


class InvalidPayloadError(PermanentError):
    """A payload that does not match the schema of its event type."""


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
    """A type of event or command: its topic and its payload.

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
    source: str | None = None
    """The only service that sends it: the owner of the topic. None if others may, as a command."""


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
    actor: str | None = None
    """Who caused it, for information only; None in events of earlier releases."""


class Cause(Protocol):
    """The cause of an event: a received event, or a call. The event has its trace and its actor."""

    @property
    def traceparent(self) -> str:
        """The trace, as W3C Trace Context writes it."""

    @property
    def actor(self) -> str | None:
        """The actor, as `waybill.actor` writes it; None if it is unknown."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The event attributes in the headers of a record."""

    id: UUID
    type: str
    source: str
    time: datetime
    traceparent: str
    actor: str | None = None


def encode_payload(data: BaseModel) -> bytes:
    """Encode a payload as JSON with the names of the contract. Raises PayloadTooLargeError."""
    payload = type(data).__pydantic_serializer__.to_json(data, by_alias=True)
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise PayloadTooLargeError(
            f"the payload has {len(payload)} bytes, at most {PAYLOAD_BYTES_MAX} are allowed"
        )
    return payload


def decode_payload(model: type[T], value: bytes | None) -> T:
    """Decode a payload. Raises InvalidPayloadError, which names fields but contains no values."""
    if value is None:
        raise InvalidPayloadError("the record has no value")
    try:
        return model.model_validate_json(value)
    except ValidationError as error:
        raise InvalidPayloadError(faults(error)) from None


def encode_headers(envelope: Envelope) -> list[tuple[str, bytes]]:
    """Encode the record headers of an event.

    CloudEvents Kafka binding 3.2, its auth context extension, and W3C trace context.
    """
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(envelope.id).encode()),
        ("ce_source", envelope.source.encode()),
        ("ce_type", envelope.type.encode()),
        ("ce_time", envelope.time.isoformat().replace("+00:00", "Z").encode()),
        ("content-type", CONTENT_TYPE),
        ("traceparent", envelope.traceparent.encode()),
        *encode_actor(envelope.actor),
    ]


def decode_headers(headers: Iterable[tuple[str, bytes]]) -> Envelope:
    """Decode the envelope in a record's headers; only traceparent and actor may be missing.

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
        actor=decode_actor(found),
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
    """Describe validation errors by field and type, without values."""
    found = error.errors(include_input=False, include_url=False)
    shown = "; ".join(
        f"/{'/'.join(map(str, fault['loc']))}: {fault['type']}" for fault in found[:5]
    )
    return f"{len(found)} fault(s): {shown}"
