"""Finds topics, events, and sent and received messages in an AsyncAPI document."""

from collections.abc import Iterator
from dataclasses import dataclass

from waybill_toolkit.contracts.generate.documents import Node


@dataclass(frozen=True, slots=True)
class DeclaredEvent:
    """An event type or command in a topic of its owner; `entry` is its node in the channel."""

    type: str
    topic: str
    entry: Node

    @property
    def message(self) -> Node:
        return self.entry.target()


@dataclass(frozen=True, slots=True)
class Action:
    """A service sends or receives an event type, of its own topic or of another service's."""

    verb: str
    type: str
    own: bool
    node: Node


def topics(root: Node | None) -> dict[str, Node]:
    """Return the channels of a service's own topics, by topic."""
    channels = root.get("channels") if root else None
    found = channels.children() if channels else ()
    return {str(each.target().value.get("address", each.name)): each.target() for each in found}


def events(root: Node | None) -> dict[str, DeclaredEvent]:
    """Return the events of the service's own topics, by type."""
    return {
        event.type: event
        for topic, channel in topics(root).items()
        for event in _declared(topic, channel)
    }


def actions(root: Node | None) -> dict[tuple[str, str], Action]:
    """Return the actions of a service, by direction and event type."""
    operations = root.get("operations") if root else None
    found = (
        Action(
            verb, _type(reference.target()), reference.step().document == root.document, reference
        )
        for operation in (operations.children() if operations and root else ())
        if (verb := str(operation.value.get("action")))
        for reference in operation.need("messages").children()
        if root
    )
    return {(each.verb, each.type): each for each in found}


def _declared(topic: str, channel: Node) -> Iterator[DeclaredEvent]:
    messages = channel.get("messages")
    for entry in messages.children() if messages else ():
        yield DeclaredEvent(_type(entry.target()), topic, entry)


def _type(message: Node) -> str:
    return str(message.value.get("name", message.name))
