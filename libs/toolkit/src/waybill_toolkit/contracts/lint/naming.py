"""Every type of an event has a name: an object or an enum is a schema of its own.

Generators for AsyncAPI call one that is written within another schema `AnonymousSchema_21`, and
another number after the next change.
"""

from collections.abc import Iterator
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Fault

_RULE: Final = "schema-name"
_TYPES: Final = ("enum", "properties")
_VALUES: Final = frozenset({"example", "examples", "default", "const", "enum"})


def naming_faults(schemas: list[Node]) -> Iterator[Fault]:
    """Check the schemas of an AsyncAPI document."""
    for schema in schemas:
        yield from _below(schema)


def _below(node: Node) -> Iterator[Fault]:
    for child in node.children():
        if child.name in _VALUES:
            continue
        is_field = node.name == "properties"  # a field may be called "properties"
        if isinstance(child.value, dict) and (is_field or child.name != "properties"):
            yield from _faults(child)
        yield from _below(child)


def _faults(schema: Node) -> Iterator[Fault]:
    if any(keyword in schema.value for keyword in _TYPES):
        message = "this type has no name; move it to components/schemas, and refer to it."
        yield schema.fault(message, _RULE)
