"""A document with the schemas that examples are validated by."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from waybill_toolkit.contracts.generate.documents import Node, Pointer
from waybill_toolkit.contracts.schema_check import SchemaDocument, escape

RULE: Final = "example"
UNIONS: Final = ("oneOf", "anyOf", "allOf")

Place: TypeAlias = tuple[Path, Pointer]


@dataclass(frozen=True, slots=True)
class Holder:
    """A document with schemas, and their validator."""

    root: Node
    checker: SchemaDocument

    @property
    def folder(self) -> Path:
        return self.root.document.path.parent / "examples"

    @property
    def schemas(self) -> list[Node]:
        """The schemas of this document itself."""
        components = self.root.get("components")
        schemas = components.get("schemas") if components else None
        return list(schemas.children()) if schemas else []

    def faults(self, schema: str, value: object) -> list[str]:
        return self.checker.faults(f"/components/schemas/{escape(schema)}", value)
