"""Values for headers and problem fields: the example, otherwise a simple value of the type."""

from collections.abc import Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator

from waybill_toolkit.contracts.generate.documents import Node

PLAIN: Final[Mapping[tuple[str, str | None], Any]] = {
    ("string", None): "example",
    ("string", "uuid"): "019ab2d4-6f3e-7c1a-9a3b-5d0c6f8e2b41",
    ("string", "date-time"): "2026-01-31T12:00:00Z",
    ("string", "date"): "2026-01-31",
    ("integer", None): 1,
    ("number", None): 1.5,
    ("boolean", None): True,
    ("array", None): [],
}
"""By type and format."""


def sample(holder: Node) -> Any:  # noqa: ANN401 (JSON)
    """Return a value for a schema, or for a node that has one (a header).

    Raises ContractError when there is no example and the simple value does not match the schema.
    """
    holder = holder.target()
    schema = holder.get("schema") or holder
    for each in (holder, schema):
        for keyword in ("example", "default", "const"):
            if keyword in each.value:
                return each.value[keyword]
    if values := schema.value.get("enum"):
        return values[0]
    kind, form = schema.value.get("type"), schema.value.get("format")
    value = PLAIN.get((kind, form), PLAIN.get((kind, None)))
    if not Draft202012Validator(schema.value).is_valid(value):
        raise holder.error("this has no example; add example:.", "example")
    return value
