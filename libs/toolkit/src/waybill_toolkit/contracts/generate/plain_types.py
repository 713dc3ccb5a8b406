"""Python types for the schemas outside of bodies: parameters, headers, members of problems."""

from typing import Final

from waybill_toolkit.contracts.generate.documents import Node

SCALARS: Final = {
    ("string", None): "str",
    ("string", "uuid"): "UUID",
    ("string", "date-time"): "AwareDatetime",
    ("string", "date"): "date",
    ("integer", None): "int",
    ("integer", "int32"): "int",
    ("integer", "int64"): "int",
    ("number", None): "float",
    ("boolean", None): "bool",
}
"""By type and format. The capitalized ones are those of `waybill.scalars`."""

CONSTRAINTS: Final = {
    "minimum": "ge",
    "maximum": "le",
    "exclusiveMinimum": "gt",
    "exclusiveMaximum": "lt",
    "multipleOf": "multiple_of",
    "minLength": "min_length",
    "maxLength": "max_length",
    "pattern": "pattern",
    "minItems": "min_length",
    "maxItems": "max_length",
}
"""JSON Schema's keyword -> argument of pydantic's `Field`."""

WITHOUT_EFFECT: Final = ("default", "description", "example", "format", "items", "type")
"""Keywords that need no check here, or are read elsewhere."""


def plain_type(schema: Node) -> str | None:
    """Name the type that handlers see, without constraints; None when there is none."""
    schema = schema.target()
    if not isinstance(schema.value, dict):
        return None
    if schema.value.keys() - CONSTRAINTS.keys() - set(WITHOUT_EFFECT):
        return None
    kind = schema.value.get("type")
    if kind == "array":
        item = schema.get("items")
        inner = plain_type(item) if item else None
        return f"list[{inner}]" if inner and not inner.startswith("list[") else None
    form = schema.value.get("format")
    if not isinstance(kind, str) or not isinstance(form, str | None):
        return None
    return SCALARS.get((kind, form))


def checked_type(schema: Node) -> str | None:
    """Name the type with its constraints, for the runtime to validate with."""
    schema = schema.target()
    plain = plain_type(schema)
    if plain is None:
        return None
    if plain.startswith("list["):
        plain = f"list[{checked_type(schema.need('items'))}]"
    fields = [
        f"{argument}={schema.value[keyword]!r}"
        for keyword, argument in CONSTRAINTS.items()
        if keyword in schema.value
    ]
    return f"Annotated[{plain}, Field({', '.join(fields)})]" if fields else plain
