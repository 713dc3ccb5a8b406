"""An event as it lies in the broker: with what its headers say, whatever its payload is."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from waybill.actor import decode_actor


@dataclass(frozen=True, slots=True)
class Published:
    time: datetime
    """When it was published, to the millisecond."""
    topic: str
    partition: int
    offset: int
    type: str | None
    id: str | None
    key: str | None
    payload: bytes | None
    actor: str | None = None

    @classmethod
    def of(cls, record: ConsumerRecord, prefix: str = "") -> "Published":
        """Read a record. What an event should have and this one has not is None.

        `prefix` is what the names of topics begin with on the cluster.
        """
        headers = dict(record.headers)
        return cls(
            time=datetime.fromtimestamp(record.timestamp / 1000, tz=UTC),
            topic=record.topic.removeprefix(prefix),
            partition=record.partition,
            offset=record.offset,
            type=_text(headers.get("ce_type")),
            id=_text(headers.get("ce_id")),
            key=_text(record.key),
            payload=record.value,
            actor=decode_actor(headers),
        )

    def concerns(self, order_id: UUID) -> bool:
        """Whether the key is this order, or the payload mentions it.

        An id is random enough to be looked for in the bytes, wherever a contract may have it.
        """
        text = str(order_id)
        return self.key == text or text.encode() in (self.payload or b"")

    def to_json(self) -> dict[str, Any]:
        """Make the object that --json prints; a payload that is no JSON is a string."""
        return {
            "time": self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "type": self.type,
            "id": self.id,
            "key": self.key,
            "actor": self.actor,
            "payload": self._payload(),
        }

    def to_line(self, payload_width: int) -> str:
        """Make a line for a person: local time, topic, type, key, actor, start of the payload."""
        time = self.time.astimezone().isoformat(" ", timespec="milliseconds")[:-6]
        payload = " ".join((_text(self.payload) or "").split())
        if len(payload) > payload_width:
            payload = _shortened(payload, payload_width)
        names = (self.topic, *(each or "-" for each in (self.type, self.key, self.actor)))
        return f"{time} {' '.join(names)} {payload}"

    def _payload(self) -> object:
        if self.payload is None:
            return None
        try:
            return json.loads(self.payload)
        except ValueError:
            return _text(self.payload)


def _shortened(payload: str, width: int) -> str:
    """Cut behind a member, so that no id is cut; the first member is always whole."""
    end = payload.rfind(",", 0, width - 1)
    if end < 0:
        end = payload.find(",", width - 1)
    return payload if end < 0 else f"{payload[: end + 1]}…"


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")
