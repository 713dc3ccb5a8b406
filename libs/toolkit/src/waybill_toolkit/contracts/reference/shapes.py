"""Describes a JSON Schema: its type with links to other schemas, its limits, its fields."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from waybill_toolkit.contracts.generate.personal import PERSONAL

Schema: TypeAlias = Mapping[str, Any]
Words: TypeAlias = tuple["Word", ...]

_OBJECT: Final = "object"


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of text; `schema` is the name of the schema that it links to."""

    text: str
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body, or one parameter."""

    name: str
    type: Words
    required: bool
    limits: tuple[str, ...]
    text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """One named schema."""

    name: str
    type: Words
    text: str
    limits: tuple[str, ...]
    fields: tuple[Field, ...]
    closed: bool
    example: str | None = None


def shape_of(name: str, schema: Schema, example: str | None = None) -> Shape:
    """Describe a named schema."""
    return Shape(
        name=name,
        type=words_of(schema),
        text=_text(schema),
        limits=limits_of(schema),
        fields=tuple(fields_of(schema)),
        closed=schema.get("additionalProperties") is False,
        example=example,
    )


def fields_of(schema: Schema, prefix: str = "") -> Iterator[Field]:
    """Describe the fields of an object; those of an unnamed one inside it follow it."""
    for part in schema.get("allOf", ()):
        yield from fields_of(part, prefix)
    required = schema.get("required", ())
    for name, below in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        limits = (*limits_of(below), *_personal(below))
        yield Field(path, words_of(below), name in required, limits, _text(below))
        inner = below.get("items", below)
        yield from fields_of(inner, f"{path}{'[]' if inner is not below else ''}.")


def parameter_of(parameter: Schema) -> Field:
    """Describe a parameter of an operation, or a header of an answer."""
    schema = parameter.get("schema", {})
    return Field(
        name=parameter.get("name", ""),
        type=words_of(schema),
        required=bool(parameter.get("required")),
        limits=limits_of(schema),
        text=_text(parameter) or _text(schema),
        place=parameter.get("in", ""),
    )


def words_of(schema: Schema) -> Words:
    """Describe the type of a value."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return (Word(name, name),)
    if "const" in schema:
        return (Word(json.dumps(schema["const"])),)
    for keyword in ("oneOf", "anyOf"):
        if keyword in schema:
            return _joined(schema[keyword])
    if "allOf" in schema and "type" not in schema:
        return _joined(schema["allOf"], " and ")
    return _words_of_type(schema)


def _words_of_type(schema: Schema) -> Words:
    kind = schema.get("type", "any value")
    if kind == "array":
        return (Word("list of "), *words_of(schema.get("items", {})))
    if kind == _OBJECT and isinstance(schema.get("additionalProperties"), dict):
        return (Word("map to "), *words_of(schema["additionalProperties"]))
    text = " or ".join(kind) if isinstance(kind, list) else kind
    return (Word(f"{text} ({schema['format']})" if "format" in schema else text),)


def _joined(schemas: list[Schema], between: str = " or ") -> Words:
    words: list[Word] = []
    for number, each in enumerate(schemas):
        words += [Word(between)] * bool(number)
        words += words_of(each)
    return tuple(words)


def limits_of(schema: Schema) -> tuple[str, ...]:
    """Describe the allowed values of the type."""
    limits = [
        _between(schema, "minimum", "maximum", ""),
        f"above {schema['exclusiveMinimum']}" if "exclusiveMinimum" in schema else "",
        f"below {schema['exclusiveMaximum']}" if "exclusiveMaximum" in schema else "",
        _between(schema, "minLength", "maxLength", "characters"),
        _between(schema, "minItems", "maxItems", "items"),
        f"matches {schema['pattern']}" if "pattern" in schema else "",
        "one of " + ", ".join(map(_plain, schema["enum"])) if "enum" in schema else "",
        f"default {_plain(schema['default'])}" if "default" in schema else "",
    ]
    return tuple(filter(None, limits))


def _personal(schema: Schema) -> tuple[str, ...]:
    subject = schema.get(PERSONAL)
    return () if subject is None else (f"personal data of {subject}",)


def _between(schema: Schema, low: str, high: str, unit: str) -> str:
    least, most = schema.get(low), schema.get(high)
    if least is None and most is None:
        return ""
    if most is None:
        text = f"at least {least:,}"
    elif least is None:
        text = f"at most {most:,}"
    else:
        text = f"{least:,} to {most:,}" if least != most else f"{least:,}"
    return f"{text} {unit}".strip()


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def _text(schema: Schema) -> str:
    return str(schema.get("description", "")).strip()
