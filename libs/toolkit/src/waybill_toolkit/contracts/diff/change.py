"""One change of a contract: its rule, its location, and what it affects."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, TypeAlias

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.schemas import GATEWAY

Side: TypeAlias = Literal["before", "now"]
Border: TypeAlias = Literal["http", "event"]


EVERY_EVENT: Final = "every event"
"""The subject of a change to a whole AsyncAPI document."""


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """The subject of a change: an operation, an event type or a topic.

    `document` is the contract that needs a new version when the change is breaking.
    """

    border: Border
    service: str
    name: str
    public: bool = True
    """Whether the operation is part of the public API, which the gateway serves."""

    @property
    def document(self) -> str:
        if self.service == GATEWAY:
            return f"{GATEWAY}/{GATEWAY}.yaml"
        return f"{self.service}/{'openapi' if self.border == 'http' else 'asyncapi'}.yaml"


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A service that a breaking change affects, and how it uses the subject."""

    service: str
    how: Literal["calls", "receives", "sends"]
    what: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change. `path` and `line` refer to `side`: a removed node is in the old file."""

    rule: str
    breaking: bool
    message: str
    side: Side
    path: Path
    line: int
    subjects: frozenset[Subject] = frozenset()
    new_version: bool = False
    """Whether the change comes with a new version: `/v2/` for `/v1/`, `.v2` for `.v1`."""

    def of(self, subject: Subject) -> "Change":
        """Return the change with its subject."""
        return replace(self, subjects=self.subjects | {subject})


def now(rule: str, node: Node, message: str, *, breaking: bool) -> Change:
    """Create a change at `node` of the new contracts."""
    return _change(rule, node, message, "now", breaking=breaking)


def gone(rule: str, node: Node, message: str, *, breaking: bool = True) -> Change:
    """Create the change that `node` of the old contracts was removed."""
    return _change(rule, node, message, "before", breaking=breaking)


def merged(changes: Iterable[Change]) -> list[Change]:
    """Merge equal changes into one with all subjects, as a shared schema is used in many places.

    A change that is breaking in one use and safe in another is reported as breaking, for that use.
    """
    found: dict[Change, Change] = {}
    for change in changes:
        key = replace(change, subjects=frozenset())
        known = found.setdefault(key, change)
        found[key] = replace(known, subjects=known.subjects | change.subjects)
    return sorted(
        (
            each
            for key, each in found.items()
            if replace(key, breaking=True) not in found.keys() - {key}
        ),
        key=_order,
    )


def _change(rule: str, node: Node, message: str, side: Side, *, breaking: bool) -> Change:
    document = node.document
    return Change(rule, breaking, message, side, document.path, document.lines[node.pointer])


def _order(change: Change) -> tuple[bool, Path, int, str]:
    return not change.breaking, change.path, change.line, change.message
