"""What each schema of the contracts looks like, by the place where it is written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import ContractError, Fault
from waybill_toolkit.contracts.lint.examples import examples, inline_shown, parts_shown
from waybill_toolkit.contracts.lint.holder import Holder, Place

UNNAMED: Final = "example"
"""The name of an example that stands in the contract, or in an example of another schema."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One example. `name` is that of its file: `two-lines` of valid-two-lines.json."""

    name: str
    value: Any
    path: Path
    line: int = 1

    def fault(self, message: str) -> Fault:
        return Fault(self.path, self.line, message, "example")


@dataclass(frozen=True, slots=True)
class Examples:
    """Looks up the examples of a schema: its own ones, else what another's example shows of it."""

    own: dict[Place, list[Shown]] = field(default_factory=dict)
    parts: dict[Place, Shown] = field(default_factory=dict)

    @classmethod
    def of(cls, holders: Iterable[Holder]) -> "Examples":
        """Read all examples. Raises ContractError for one that is no JSON."""
        found = cls()
        for holder in holders:
            for schema in holder.schemas:
                found._add(holder, schema)
        return found

    def find(self, schema: Node) -> list[Shown]:
        """Give the examples of a schema, or of what it refers to; none when nothing shows it."""
        node = schema
        while True:
            if own := self.own.get(node.place):
                return own
            if node.reference is None:
                break
            node = node.step()
        part = self.parts.get(schema.place) or self.parts.get(node.place)
        return [part] if part else []

    def _add(self, holder: Holder, schema: Node) -> None:
        for example in examples(holder, schema.name):
            if isinstance(example, Fault):
                raise ContractError([example])
            if example.valid:
                name = example.path.stem.removeprefix("valid-")
                shown = Shown(name, example.value, example.path)
                self.own.setdefault(schema.place, []).append(shown)
                for place, value in parts_shown(holder, schema, example.value):
                    self.parts.setdefault(place, Shown(UNNAMED, value, example.path))
        for place, value in inline_shown(holder, schema):
            document = schema.document
            line = document.lines[schema.child("example").pointer]
            shown = Shown(UNNAMED, value, document.path, line)
            self.parts.setdefault(place, shown)
            if place == schema.place:
                self.own.setdefault(place, []).append(shown)
