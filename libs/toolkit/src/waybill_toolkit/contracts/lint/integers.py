"""Rules for integers: each has real limits, and a format that says whether 32 bits are enough.

Generators for Java, Go and C# read an integer without a format as 32 bits, and take larger values
for negative ones.
"""

from collections.abc import Iterator
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Fault

_RULE: Final = "integer"
_INT32_MIN: Final = -(2**31)
_INT32_MAX: Final = 2**31 - 1
_VALUES: Final = frozenset({"example", "examples", "default", "const", "enum"})


def integer_faults(node: Node) -> Iterator[Fault]:
    """Check every integer in a document."""
    if isinstance(node.value, dict) and _is_integer(node.value.get("type")):
        yield from _faults(node)
    for child in node.children():
        if child.name not in _VALUES:
            yield from integer_faults(child)


def _is_integer(kind: object) -> bool:
    return kind == "integer" or (isinstance(kind, list) and "integer" in kind)


def _faults(schema: Node) -> Iterator[Fault]:
    limits = [schema.value.get(keyword) for keyword in ("minimum", "maximum")]
    if not all(isinstance(limit, int) for limit in limits):
        yield schema.fault("an integer without a minimum and a maximum; add both.", _RULE)
        return
    lowest, highest = limits
    if (lowest < _INT32_MIN or highest > _INT32_MAX) and schema.value.get("format") != "int64":
        yield schema.fault("values of this integer need 64 bits; add format: int64.", _RULE)
