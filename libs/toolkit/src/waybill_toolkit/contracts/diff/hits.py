"""Finds the services that a breaking change affects.

A service lists the operations of other services that it calls in its `openapi.yaml`, as
`x-calls: {orders: [get_order]}`. The events that it sends and receives are in its `asyncapi.yaml`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from waybill_toolkit.contracts.diff.change import EVERY_EVENT, Change, Hit, Subject
from waybill_toolkit.contracts.diff.state import State
from waybill_toolkit.contracts.diff.topics import actions, events
from waybill_toolkit.contracts.generate.calls import CALLS
from waybill_toolkit.contracts.generate.names import GATEWAY


@dataclass(frozen=True)
class Wiring:
    """The use of operations and events by services, in both states: old versions may still run."""

    before: State
    after: State

    def hits(self, change: Change) -> tuple[Hit, ...]:
        """Return the services that a breaking change affects; none for a safe change."""
        if not change.breaking:
            return ()
        return tuple(sorted({hit for each in change.subjects for hit in self._hits(change, each)}))

    def _hits(self, change: Change, subject: Subject) -> Iterator[Hit]:
        find = _callers if subject.border == "http" else _users
        for state in (self.before, self.after):
            for hit in find(state, subject):
                if change.rule != "action-removed" or hit.service != subject.service:
                    yield hit


def _callers(state: State, subject: Subject) -> Iterator[Hit]:
    places = state.operations(subject.service).values()
    named = (each.node.value.get("operationId") for each in places if each.name == subject.name)
    identifier = next(named, None)
    roots = {**{each: state.openapi(each) for each in state.services}, GATEWAY: state.gateway}
    for service, root in roots.items():
        calls = root.value.get(CALLS, {}) if root else {}
        if identifier in calls.get(subject.service, ()):
            yield Hit(service, "calls", f"{subject.service}.{identifier}")


def _users(state: State, subject: Subject) -> Iterator[Hit]:
    types = {
        event.type
        for event in events(state.asyncapi(subject.service)).values()
        if subject.name in (event.type, event.topic, EVERY_EVENT)
    }
    for service in state.services:
        for action in actions(state.asyncapi(service)).values():
            if action.type in (types or {subject.name}):
                if action.verb == "receive":
                    yield Hit(service, "receives", action.type)
                elif service != subject.service:
                    yield Hit(service, "sends", action.type)
