"""All events of all services, with owners, senders and receivers.

It is compiled from every service's `asyncapi.yaml`, because a sender does not list its receivers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from waybill_toolkit.contracts.generate.asyncapi import Message
from waybill_toolkit.contracts.generate.service_contracts import ServiceContract
from waybill_toolkit.contracts.reference.examples import Examples
from waybill_toolkit.contracts.reference.shapes import Schema, Shape, shape_of


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic, with the key that all its events have."""

    name: str
    owner: str
    text: str
    partitions: int
    retention_hours: int

    @property
    def retention(self) -> str:
        """Format the retention, in days if possible."""
        days, hours = divmod(self.retention_hours, 24)
        return f"{self.retention_hours} hours" if hours or not days else _count(days, "day")


@dataclass(frozen=True, slots=True)
class Event:
    """One type of event."""

    type: str
    topic: str
    key: str
    summary: str
    payload: str
    senders: tuple[str, ...]
    receivers: tuple[str, ...]

    @property
    def name(self) -> str:
        """Remove the service, which the topic names."""
        return self.type.partition(".")[2] or self.type


@dataclass(frozen=True, slots=True)
class Events:
    """Topics and events in display order, and their schemas."""

    topics: tuple[Topic, ...]
    events: tuple[Event, ...]
    shapes: Mapping[str, Shape]
    headers: Shape | None

    def of_topic(self, topic: str) -> list[Event]:
        """Return the events of one topic."""
        return [each for each in self.events if each.topic == topic]

    def of_service(self, service: str) -> "Events":
        """Select what one service sends, receives or owns."""
        events = [
            each
            for each in self.events
            if service in (*each.senders, *each.receivers, each.topic.split(".")[0])
        ]
        named = {each.topic for each in events}
        topics = tuple(each for each in self.topics if each.name in named or each.owner == service)
        shapes = _needed([each.payload for each in events], self.headers, self.shapes)
        return Events(topics, tuple(events), shapes, self.headers)


def read_events(contracts: Iterable[ServiceContract], examples: Examples) -> Events:
    """Combine the contracts of all services."""
    contracts = sorted(contracts, key=lambda each: each.service)
    documents = [each.bundled_asyncapi.content for each in contracts]
    schemas: dict[str, Schema] = {}
    for document in documents:
        schemas |= document["components"].get("schemas", {})
    shapes = {
        name: shape_of(name, schema, examples.text(name, schema))
        for name, schema in sorted(schemas.items())
    }
    topics = sorted(_topics(contracts), key=lambda each: each.name)
    order = {each.name: number for number, each in enumerate(topics)}
    events = sorted(_events(contracts), key=lambda each: order[each.topic])
    return Events(tuple(topics), tuple(events), shapes, shapes.get("EventHeaders"))


def _topics(contracts: list[ServiceContract]) -> Iterable[Topic]:
    """Read the topics of these services, and the foreign ones that they receive from or send to."""
    found: dict[str, Topic] = {}
    for contract in contracts:
        for channel in contract.bundled_asyncapi.content.get("channels", {}).values():
            name = channel["address"]
            found[name] = Topic(
                name=name,
                owner=name.split(".")[0],
                text=channel.get("description", "").strip(),
                partitions=channel["x-partitions"],
                retention_hours=channel["x-retention-hours"],
            )
    return found.values()


def _events(contracts: list[ServiceContract]) -> list[Event]:
    """Sort events in the order of the topic owner's contract."""
    messages: dict[str, Message] = {}
    senders: dict[str, list[str]] = {}
    receivers: dict[str, list[str]] = {}
    for contract in contracts:
        for sides, found in (
            (senders, contract.events.sent),
            (receivers, contract.events.received),
        ):
            for message in found:
                messages.setdefault(message.type, message)
                sides.setdefault(message.type, []).append(contract.service)
    place = {kind: number for number, kind in enumerate(_declared(contracts))}
    return [
        Event(
            type=kind,
            topic=message.topic,
            key=message.key,
            summary=message.summary,
            payload=message.payload,
            senders=tuple(senders.get(kind, ())),
            receivers=tuple(receivers.get(kind, ())),
        )
        for kind, message in sorted(
            messages.items(), key=lambda each: (place.get(each[0], len(place)), each[0])
        )
    ]


def _declared(contracts: list[ServiceContract]) -> Iterable[str]:
    for contract in contracts:
        channels = contract.asyncapi.get("channels")
        for channel in channels.children() if channels else ():
            for message in channel.target().need("messages").children():
                yield str(message.target().value.get("name", message.name))


def _needed(
    payloads: list[str], headers: Shape | None, shapes: Mapping[str, Shape]
) -> dict[str, Shape]:
    """Select the schemas of these payloads, and the references of them and of the headers."""
    found: set[str] = set()
    waiting = [*payloads, *(_references(headers) if headers else ())]
    while waiting:
        name = waiting.pop()
        if name in found or name not in shapes:
            continue
        found.add(name)
        waiting += _references(shapes[name])
    return {name: shape for name, shape in shapes.items() if name in found}


def _references(shape: Shape) -> list[str]:
    words = [*shape.type, *(word for each in shape.fields for word in each.type)]
    return [word.schema for word in words if word.schema]


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'s' * (number != 1)}"
