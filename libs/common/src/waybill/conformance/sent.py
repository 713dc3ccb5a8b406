"""Checks of the events that a service sends, when they are added to the outbox."""

from collections.abc import Iterator
from typing import Any

import orjson
from typing_extensions import override

from waybill.conformance.findings import Findings
from waybill.conformance.schemas import Json, Schemas
from waybill.events import Message, T, encode_headers
from waybill.postgres import Transaction
from waybill.postgres.outbox import PendingEvent


class SentEvents:
    """Checks topic, key, headers and payload of events."""

    def __init__(self, schemas: Schemas, findings: Findings) -> None:
        self._findings = findings
        operations = schemas.document.get("operations", {}).values()
        self._messages = {
            message["name"]: _Message(schemas, channel, message)
            for operation in operations
            if operation["action"] == "send"
            for channel in [schemas.resolve(operation["channel"])]
            for message in map(schemas.resolve, operation["messages"])
        }

    def check(self, event: PendingEvent) -> None:
        """Check an event; count it and its violations."""
        self._findings.checked("event")
        message = self._messages.get(event.type)
        if message is None:
            self._findings.violation("event", event.type, "type", "is not sent by this service")
            return
        for part, place in message.faults(event):
            self._findings.violation("event", event.type, part, place)


class _Message:
    def __init__(self, schemas: Schemas, channel: Json, message: Json) -> None:
        self._topic = channel["address"]
        self._key = message["x-key"]
        self._payload = schemas.checker(message["payload"])
        self._headers = schemas.checker(message["headers"])

    def faults(self, event: PendingEvent) -> Iterator[tuple[str, str]]:
        payload: dict[str, Any] = orjson.loads(event.payload)
        if event.topic != self._topic:
            yield "topic", event.topic
        if event.key != str(payload.get(self._key)):
            yield "key", f"is not {self._key}"
        yield from (("payload", place) for place in self._payload(payload))
        yield from (("headers", place) for place in self._headers(_headers(event)))


def _headers(event: PendingEvent) -> dict[str, str]:
    """Return the headers that the relay will publish."""
    return {name: value.decode() for name, value in encode_headers(event.envelope)}


def checked_transactions(sent: SentEvents) -> type[Transaction]:
    """Return a transaction class that checks the events it sends."""

    class Checked(Transaction):
        __slots__ = ()

        @override
        def send(self, message: Message[T], data: T, cause: Any = None) -> None:
            super().send(message, data, cause)
            sent.check(self._outbox.unwritten[-1])

    return Checked
