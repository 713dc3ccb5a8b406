"""Compares the asynchronous side of a service: topics, events, what it sends and receives."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from waybill_toolkit.contracts.diff.change import EVERY_EVENT, Change, Subject, gone, now
from waybill_toolkit.contracts.diff.schemas import compare_schemas
from waybill_toolkit.contracts.diff.state import State
from waybill_toolkit.contracts.diff.topics import Action, DeclaredEvent, actions, events, topics
from waybill_toolkit.contracts.diff.use import Use
from waybill_toolkit.contracts.diff.versions import has_successor
from waybill_toolkit.contracts.diff.words import unknown_members
from waybill_toolkit.contracts.generate.documents import Node

ROOT: Final = frozenset({"asyncapi", "channels", "components", "info", "operations"})
CHANNEL: Final = frozenset({"address", "messages"})
EVENT: Final = frozenset({"headers", "name", "payload"})


def compare_events(before: State, after: State, service: str) -> Iterator[Change]:
    """Yield every change of a service's topics and events, and of what it sends and receives."""
    old, new = before.asyncapi(service), after.asyncapi(service)
    for compare in (_topics, _events, _actions, _document):
        for name, change in compare(old, new):
            yield change.of(Subject("event", service, name))


def _topics(old: Node | None, new: Node | None) -> Iterator[tuple[str, Change]]:
    before, after = topics(old), topics(new)
    for name in before.keys() - after.keys():
        change = gone("topic-removed", before[name], f"the topic {name} is gone.")
        yield name, replace(change, new_version=has_successor(name, after))
    for name in after.keys() - before.keys():
        yield name, now("topic-added", after[name], f"the topic {name} is new.", breaking=False)
    for name in before.keys() & after.keys():
        for change in _topic(name, before[name], after[name]):
            yield name, change


def _topic(name: str, old: Node, new: Node) -> Iterator[Change]:
    was, is_now = (each.value.get("x-partitions") for each in (old, new))
    if was != is_now:
        message = f"{name} has {is_now} partitions, had {was}: keys move, and their order is lost."
        at = new.get("x-partitions") or new
        yield now("partitions-changed", at, message, breaking=True)
    was, is_now = (each.value.get("x-retention-hours", 0) for each in (old, new))
    if was != is_now:
        message = f"{name} is kept for {is_now} hours, was for {was}."
        at = new.get("x-retention-hours") or new
        yield now("retention-changed", at, message, breaking=is_now < was)
    yield from unknown_members(old, new, CHANNEL)


def _events(old: Node | None, new: Node | None) -> Iterator[tuple[str, Change]]:
    before, after = events(old), events(new)
    for name in before.keys() - after.keys():
        change = gone("event-removed", before[name].entry, f"{name} is gone.")
        yield name, replace(change, new_version=has_successor(name, after))
    for name in after.keys() - before.keys():
        yield name, now("event-added", after[name].entry, f"{name} is new.", breaking=False)
    for name in before.keys() & after.keys():
        for change in _event(before[name], after[name]):
            yield name, change


def _event(before: DeclaredEvent, after: DeclaredEvent) -> Iterator[Change]:
    old, new = before.message, after.message
    if before.topic != after.topic:
        message = f"{after.type} travels on {after.topic}, did on {before.topic}."
        yield now("event-moved", after.entry, message, breaking=True)
    was, is_now = (each.value.get("x-key") for each in (old, new))
    if was != is_now:
        message = f"{after.type} has the key {is_now}, had {was}: other events order with it."
        yield now("key-changed", new.get("x-key") or new, message, breaking=True)
    for part in ("payload", "headers"):
        if part in old.value and part in new.value:
            schemas = old.child(part), new.child(part)
            yield from compare_schemas(*schemas, Use.EVENT, f"the {part} of {after.type}")
    known = EVENT if old.value.keys() & EVENT == new.value.keys() & EVENT else ()
    yield from unknown_members(old, new, known)


def _actions(old: Node | None, new: Node | None) -> Iterator[tuple[str, Change]]:
    """Compare what a service sends and receives. Additions break nobody.

    A break is an event that its owner no longer sends, or a command that its owner no longer
    receives. A service that stops sending commands or stops receiving events breaks nobody.
    """
    before, after, declared = actions(old), actions(new), events(new)
    for key in before.keys() - after.keys():
        action = before[key]
        if not action.own or action.type in declared:
            message = f"{action.type} is not {_done(action)} any more."
            yield action.type, gone("action-removed", action.node, message, breaking=action.own)
    for key in after.keys() - before.keys():
        action = after[key]
        message = f"{action.type} is {_done(action)} now."
        yield action.type, now("action-added", action.node, message, breaking=False)


def _done(action: Action) -> str:
    return "sent" if action.verb == "send" else "received"


def _document(old: Node | None, new: Node | None) -> Iterator[tuple[str, Change]]:
    if old and new:
        for change in unknown_members(old, new, ROOT):
            yield EVERY_EVENT, change
