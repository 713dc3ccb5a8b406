"""One change of a contract: what it is, where it stands, whom it touches."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, TypeAlias

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.schemas import GATEWAY

Side: TypeAlias = Literal["before", "now"]
Border: TypeAlias = Literal["http", "event"]


EVERY_EVENT: Final = "every event"
"""The subject of a change of a whole AsyncAPI document."""


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What a change is a change of: an operation, an event type, a topic.

    `document` is the contract that has to get a new version when the change breaks somebody.
    """

    border: Border
    service: str
    name: str
    public: bool = True
    """Whether somebody outside can use it: operations that the gateway serves."""

    @property
    def document(self) -> str:
        if self.service == GATEWAY:
            return f"{GATEWAY}/{GATEWAY}.yaml"
        return f"{self.service}/{'openapi' if self.border == 'http' else 'asyncapi'}.yaml"


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A service that a breaking change hits, and what it has to do with what was changed."""

    service: str
    how: Literal["calls", "receives", "sends"]
    what: str


@dataclass(frozen=True, slots=True)
class Change:
    """What changed; `path` and `line` are those of `side`: what is gone stands in the old file."""

    rule: str
    breaking: bool
    message: str
    side: Side
    path: Path
    line: int
    subjects: frozenset[Subject] = frozenset()
    new_version: bool = False
    """It comes with a new version of what it breaks: `/v2/` for `/v1/`, `.v2` for `.v1`."""

    def of(self, subject: Subject) -> "Change":
        """Say what it is a change of."""
        return replace(self, subjects=self.subjects | {subject})


def now(rule: str, node: Node, message: str, *, breaking: bool) -> Change:
    """Describe a change that shows at `node` of today's contracts."""
    return _change(rule, node, message, "now", breaking=breaking)


def gone(rule: str, node: Node, message: str, *, breaking: bool = True) -> Change:
    """Describe the loss of `node`, which only the contracts of before have."""
    return _change(rule, node, message, "before", breaking=breaking)


def merged(changes: Iterable[Change]) -> list[Change]:
    """Tell each change once, with all that it touches: a shared schema is used in many places.

    What breaks in one use and not in another is told as breaking, for the use that it breaks.
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
