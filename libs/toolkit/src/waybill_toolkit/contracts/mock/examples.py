"""The examples of each schema of the contracts, by the place where the schema is written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import ContractError, Fault
from waybill_toolkit.contracts.lint.examples import examples, inline_shown, parts_shown
from waybill_toolkit.contracts.lint.holder import Holder, Place

UNNAMED: Final = "example"
"""The name of an example in the contract, or in the example of another schema."""


@dataclass(frozen=True, slots=True)
class Example:
    """One example. `name` is that of its file: `two-lines` of valid-two-lines.json."""

    name: str
    value: Any
    path: Path
    line: int = 1

    def fault(self, message: str) -> Fault:
        return Fault(self.path, self.line, message, "example")


@dataclass(frozen=True, slots=True)
class Examples:
    """Finds the examples of a schema: its own, or parts of the examples of other schemas."""

    own: dict[Place, list[Example]] = field(default_factory=dict)
    parts: dict[Place, Example] = field(default_factory=dict)

    @classmethod
    def of(cls, holders: Iterable[Holder]) -> "Examples":
        """Read all examples. Raises ContractError for one that is not JSON."""
        found = cls()
        for holder in holders:
            for schema in holder.schemas:
                found._add(holder, schema)
        return found

    def find(self, schema: Node) -> list[Example]:
        """Return the examples of a schema, or of the schema that it refers to; may be empty."""
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
        for read in examples(holder, schema.name):
            if isinstance(read, Fault):
                raise ContractError([read])
            if read.valid:
                name = read.path.stem.removeprefix("valid-")
                self.own.setdefault(schema.place, []).append(Example(name, read.value, read.path))
                for place, value in parts_shown(holder, schema, read.value):
                    self.parts.setdefault(place, Example(UNNAMED, value, read.path))
        for place, value in inline_shown(holder, schema):
            document = schema.document
            line = document.lines[schema.child("example").pointer]
            example = Example(UNNAMED, value, document.path, line)
            self.parts.setdefault(place, example)
            if place == schema.place:
                self.own.setdefault(place, []).append(example)
