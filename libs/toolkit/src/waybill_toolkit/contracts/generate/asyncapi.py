"""Reads a service's `asyncapi.yaml`: the topics it owns, what it sends, what it receives."""

from collections.abc import Iterator
from dataclasses import dataclass

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import ContractError, Faults
from waybill_toolkit.contracts.generate.names import constant, fault_of_pascal, fault_of_snake


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic that the service owns."""

    name: str
    partitions: int
    retention_hours: int


@dataclass(frozen=True, slots=True)
class Message:
    """One message that the service sends or receives. `name` is that of its component."""

    name: str
    type: str
    topic: str
    key: str
    payload: str
    """Name of the class in `sent` or `received`."""
    summary: str
    schema: Node
    source: str | None
    """The owner of the topic, if it sends the message; None for a command."""

    @property
    def constant(self) -> str:
        return constant(self.name)


@dataclass(frozen=True, slots=True)
class EventContract:
    """The topics and messages of a service; messages are sorted by name."""

    topics: tuple[Topic, ...]
    sent: tuple[Message, ...]
    received: tuple[Message, ...]


def read_asyncapi(root: Node, faults: Faults) -> EventContract:
    """Read topics and messages. One with a fault is left out, and `faults` has the fault."""
    topics = [_topic(channel, faults) for channel in root.need("channels").children()]
    sent, received = (_messages(root, action, faults) for action in ("send", "receive"))
    owned = sorted(topics, key=lambda topic: topic.name)
    return EventContract(tuple(owned), sent, received)


def _topic(channel: Node, faults: Faults) -> Topic:
    name = channel.need("address").value
    service = channel.document.path.parent.name
    if not name.startswith(f"{service}."):
        message = f"topic {name} is not {service}'s; begin with {service}."
        faults.add(channel.fault(message, "channel-owner"))
    keys = {message.target().need("x-key").value for message in channel.need("messages").children()}
    if len(keys) > 1:
        faults.add(
            channel.fault(
                f"one topic, one kind of key, or order is lost; here are {', '.join(sorted(keys))};"
                " choose one.",
                "key",
            )
        )
    return Topic(name, channel.need("x-partitions").value, channel.need("x-retention-hours").value)


def _messages(root: Node, action: str, faults: Faults) -> tuple[Message, ...]:
    found: dict[str, Message] = {}
    for reference in _references(root, action, faults):
        try:
            message = _message(reference, faults)
        except ContractError as error:
            faults.add_all(error)
            continue
        same = [other for other in found.values() if other.payload == message.payload]
        twins = [other for other in found.values() if other.type == message.type]
        if message.name in found:
            faults.add(reference.fault(f"{message.name} is listed twice to {action}; remove one."))
        elif same:
            faults.add(
                reference.fault(
                    f"{message.name} and {same[0].name} have one payload, {message.payload};"
                    " give each a schema of its own."
                )
            )
        elif twins:
            text = (
                f"{message.name} and {twins[0].name} are both {message.type}; rename one of them."
            )
            faults.add(reference.fault(text, "name"))
        found[message.name] = message
    return tuple(found[name] for name in sorted(found))


def _references(root: Node, action: str, faults: Faults) -> Iterator[Node]:
    for operation in root.need("operations").children():
        if operation.need("action").value != action:
            continue
        channel = operation.need("channel")
        for reference in operation.need("messages").children():
            entry = reference.step()
            if (entry.document.path, entry.pointer[:2]) == channel.place:
                yield reference
            else:
                faults.add(reference.fault(f"this is no message of the channel {channel.name}."))


def _message(reference: Node, faults: Faults) -> Message:
    entry = reference.step()
    channel = Node(entry.library, entry.document, (), entry.document.value)
    for step in entry.pointer[:2]:
        channel = channel.need(step)
    message = entry.target()
    payload = message.need("payload")
    schema = message.child("payload")
    key = message.need("x-key")
    if schema.reference is None:
        raise schema.error("name this schema: $ref one of #/components/schemas.")
    name = schema.step().name
    for reason in (fault_of_snake(entry.name), fault_of_pascal(name)):
        if reason:
            faults.add(message.fault(reason, "name"))
    if key.value not in payload.value.get("required", ()):
        text = f"x-key {key.value} is no required field of {name}; name one, or require it."
        faults.add(key.fault(text, "key"))
    return Message(
        name=entry.name,
        type=message.need("name").value,
        topic=channel.need("address").value,
        key=key.value,
        payload=name,
        summary=str(message.value.get("summary", "")).strip(),
        schema=schema,
        source=_source(entry),
    )


def _source(entry: Node) -> str | None:
    """Return the service whose contract has the channel, if that contract sends this message."""
    own = {"$ref": "#/" + "/".join(map(str, entry.pointer))}
    operations = entry.document.value.get("operations", {}).values()
    is_sent = any(
        each.get("action") == "send" and own in each.get("messages", ()) for each in operations
    )
    return entry.document.path.parent.name if is_sent else None
