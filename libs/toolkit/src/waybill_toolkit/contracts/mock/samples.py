"""What a header or a member of a problem holds: its example, else the plainest of its type."""

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
    """Give a value for a schema, or for what has one (a header).

    Raises ContractError when the contract shows none and the plain one does not fit.
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
        raise holder.error("nothing shows what this looks like; add example:.", "example")
    return value
