"""A document of schemas, as examples are held against it."""

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
    """A document with schemas, and what checks values by them."""

    root: Node
    checker: SchemaDocument

    @property
    def folder(self) -> Path:
        return self.root.document.path.parent / "examples"

    @property
    def schemas(self) -> list[Node]:
        """Those that are written in this document itself."""
        components = self.root.get("components")
        schemas = components.get("schemas") if components else None
        return list(schemas.children()) if schemas else []

    def faults(self, schema: str, value: object) -> list[str]:
        return self.checker.faults(f"/components/schemas/{escape(schema)}", value)
