"""JSON Schema as TypeScript types."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from waybill_toolkit.contracts.sdk.contract import Schema
from waybill_toolkit.contracts.sdk.openness import OPEN
from waybill_toolkit.contracts.sdk.typescript.comments import LINE, schema_comment
from waybill_toolkit.contracts.sdk.typescript.names import key, literal

_PLAIN: Final = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}
_OBJECT_WORDS: Final = ("properties", "additionalProperties", "required")


def declaration(name: str, schema: Schema) -> str:
    """Return a schema as an exported type."""
    is_plain_object = "properties" in schema and type_of(schema).startswith("{")
    written = type_of(schema)
    head = f"interface {name} {written}" if is_plain_object else f"type {name} = {written};"
    said = schema_comment(schema)
    return f"{said}\nexport {head}" if said else f"export {head}"


def type_of(schema: Schema, prefix: str = "") -> str:
    """Return a schema as a type. `prefix` is put in front of the names of other schemas."""
    if not isinstance(schema, Mapping):  # true or false, which are valid schemas
        return "unknown" if schema else "never"
    parts = list(_parts(schema, prefix))
    return _joined(parts, " & ") or "unknown"


def _parts(schema: Schema, prefix: str) -> Iterator[str]:
    """Yield each part of a schema; the type is the intersection of all parts."""
    if "$ref" in schema:
        yield prefix + str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        yield literal(schema["const"])
    elif "enum" in schema:
        others = ["(string & {})"] if schema.get(OPEN) else []
        yield _enumeration([*(literal(each) for each in schema["enum"]), *others])
    elif "type" in schema or any(word in schema for word in _OBJECT_WORDS):
        yield _by_type(schema, prefix)
    for word in ("oneOf", "anyOf"):
        if word in schema:
            yield _joined([type_of(each, prefix) for each in schema[word]], " | ")
    for each in schema.get("allOf", ()):
        yield type_of(each, prefix)


def _enumeration(values: list[str]) -> str:
    line = " | ".join(values)
    return line if len(line) <= LINE - 20 else "".join(f"\n  | {each}" for each in values)


def _by_type(schema: Schema, prefix: str) -> str:
    names = schema.get("type", "object")
    names = names if isinstance(names, list) else [names]
    return _joined([_one_type(name, schema, prefix) for name in names], " | ")


def _one_type(name: str, schema: Schema, prefix: str) -> str:
    if name == "array":
        return _array(schema, prefix)
    if name == "object":
        return _object(schema, prefix)
    return _PLAIN[name]


def _array(schema: Schema, prefix: str) -> str:
    rest = type_of(schema.get("items", True), prefix)
    many = f"({rest})[]" if " " in rest and not rest.startswith("{") else f"{rest}[]"
    if "prefixItems" not in schema:
        return many
    first = [type_of(each, prefix) for each in schema["prefixItems"]]
    closed = schema.get("items") is False
    return f"[{', '.join(first if closed else [*first, f'...{many}'])}]"


def _object(schema: Schema, prefix: str) -> str:
    properties: Mapping[str, Any] = schema.get("properties", {})
    more = schema.get("additionalProperties", True)
    members = list(_members(properties, frozenset(schema.get("required", ())), prefix))
    named = "{\n" + textwrap.indent("\n".join(members), "  ") + "\n}" if members else ""
    if isinstance(more, Mapping) or not named:
        indexed = f"{{ [name: string]: {type_of(more, prefix)} }}"
        return f"{named} & {indexed}" if named else indexed
    return named


def _members(properties: Mapping[str, Any], required: frozenset[str], prefix: str) -> Iterator[str]:
    for name, schema in properties.items():
        if isinstance(schema, Mapping) and (said := schema_comment(schema)):
            yield said
        yield f"{key(name)}{':' if name in required else '?:'} {type_of(schema, prefix)};"


def _joined(parts: list[str], mark: str) -> str:
    """Join the distinct parts of a type; a compound part gets parentheses."""
    parts = list(dict.fromkeys(parts))
    if len(parts) == 1:
        return parts[0]
    return mark.join(f"({each})" if _is_compound(each) else each for each in parts)


def _is_compound(written: str) -> bool:
    depth = 0
    for before, letter in zip(" " + written, written, strict=False):
        depth += letter in "{[("
        depth -= letter in "}])"
        if depth == 0 and letter in "|&" and before == " ":
            return True
    return False
