"""Maps the schemas of the public contract to the types of a statically typed language.

A `Shape` is the type of a value. A schema without a name gets one from its location: the field
`status` of `Payment` is a `PaymentStatus`. A schema that static types cannot express well, such as
a union without a discriminator, is `Anything`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from waybill_toolkit.contracts.generate.names import pascal

Schema: TypeAlias = Mapping[str, Any]
AnySchema: TypeAlias = Schema | bool
"""A boolean schema; True allows every value."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """`kind` is one of `string`, `integer`, `number`, `boolean`, or one of `FORMATS`."""

    kind: str


@dataclass(frozen=True, slots=True)
class ListOf:
    item: "Shape"


@dataclass(frozen=True, slots=True)
class MapOf:
    value: "Shape"


@dataclass(frozen=True, slots=True)
class Named:
    """A record, an enumeration or a choice."""

    name: str


@dataclass(frozen=True, slots=True)
class Nullable:
    shape: "Shape"


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""


Shape: TypeAlias = Scalar | ListOf | MapOf | Named | Nullable | Anything


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record; `name` is its name in JSON."""

    name: str
    shape: Shape
    is_required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    name: str
    text: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Enumeration:
    name: str
    text: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several records. The field `tag` selects it by the values in `options`."""

    name: str
    text: str
    tag: str
    options: Mapping[str, str]


Declared: TypeAlias = Record | Enumeration | Choice

FORMATS: Final = ("uuid", "date-time", "date")
"""Formats of strings that typed languages may have a type for."""


class Shapes:
    """Maps schemas to shapes, and collects the types that have to be declared for them."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        """`schemas` has all schemas of a document by name."""
        self._schemas = schemas
        self._declared: dict[str, Declared | None] = {}

    @property
    def declared(self) -> dict[str, Declared]:
        """All declared types so far, sorted by name."""
        return {name: each for name, each in sorted(self._declared.items()) if each}

    def named(self, name: str) -> Shape:
        """Return the shape of a schema of the document."""
        return self.of({"$ref": f"#/components/schemas/{name}"}, name)

    def of(self, schema: AnySchema, place: str) -> Shape:
        """Return the shape of a schema. A declared type without a name is named `place`."""
        match schema:
            case {"$ref": str(reference)}:
                name = reference.rpartition("/")[2]
                return self._shape(self._schemas[name], name)
            case bool():
                return Anything()
            case _:
                return self._shape(schema, place)

    def _shape(self, schema: Schema, name: str) -> Shape:
        match schema:
            case {"type": [*kinds]}:
                return self._one_of_types(schema, kinds, name)
            case {"oneOf": [*_]} | {"anyOf": [*_]}:
                return self._union(schema, name)
            case {"allOf": [*parts]}:
                return self._shape(self._joined(schema, parts), name)
            case {"type": "string", "enum": [*_]} | {"properties": _}:
                return self._declare(schema, name)
            case {"type": str(kind)}:
                return self._plain(kind, schema, name)
            case _:
                return Anything()

    def _plain(self, kind: str, schema: Schema, name: str) -> Shape:
        match kind:
            case "string":
                form = schema.get("format", kind)
                return Scalar(form if form in FORMATS else kind)
            case "array":
                return ListOf(self.of(schema.get("items", True), f"{name}Item"))
            case "object":
                return MapOf(self.of(schema.get("additionalProperties", True), f"{name}Value"))
            case "integer" | "number" | "boolean":
                return Scalar(kind)
            case _:
                return Anything()

    def _one_of_types(self, schema: Schema, kinds: list[str], name: str) -> Shape:
        others = [kind for kind in kinds if kind != "null"]
        if len(others) != 1:
            return Anything()
        values = [value for value in schema.get("enum", ()) if value is not None]
        only = {**schema, "type": others[0], **({"enum": values} if values else {})}
        shape = self._shape(only, name)
        return Nullable(shape) if "null" in kinds else shape

    def _union(self, schema: Schema, name: str) -> Shape:
        options = schema.get("oneOf") or schema.get("anyOf") or []
        others = [option for option in options if option != {"type": "null"}]
        if len(others) == 1:
            return _nullable(self.of(others[0], name))
        shape = self._declare(schema, name) if "discriminator" in schema else Anything()
        return _nullable(shape) if len(others) < len(options) else shape

    def _joined(self, schema: Schema, parts: list[Schema]) -> Schema:
        """Merge all parts into one object schema."""
        joined: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
        for part in (*parts, {key: value for key, value in schema.items() if key != "allOf"}):
            resolved = self._resolved(part)
            if "allOf" in resolved:
                resolved = self._joined(resolved, resolved["allOf"])
            joined["properties"] |= resolved.get("properties", {})
            joined["required"] += resolved.get("required", [])
        return {**joined, "description": _text(schema)}

    def _declare(self, schema: Schema, name: str) -> Named:
        if name not in self._declared:
            self._declared[name] = None  # for recursive schemas
            self._declared[name] = self._declaration(schema, name)
        return Named(name)

    def _declaration(self, schema: Schema, name: str) -> Declared:
        text = _text(schema)
        match schema:
            case {"enum": [*values]}:
                return Enumeration(name, text, tuple(values))
            case {"discriminator": {"propertyName": str(tag)}}:
                return Choice(name, text, tag, dict(self._options(schema)))
            case _:
                return Record(name, text, tuple(self._fields(schema, name)))

    def _fields(self, schema: Schema, name: str) -> Iterator[Field]:
        required = schema.get("required", ())
        for key, value in schema.get("properties", {}).items():
            place = name + pascal(key)
            shape = self.of(value, f"{place}Field" if place in self._schemas else place)
            yield Field(key, shape, is_required=key in required, text=_text(value))

    def _options(self, schema: Schema) -> Iterator[tuple[str, str]]:
        mapping = schema["discriminator"].get("mapping", {})
        values = {reference.rpartition("/")[2]: value for value, reference in mapping.items()}
        for option in schema.get("oneOf") or schema.get("anyOf") or []:
            name = option["$ref"].rpartition("/")[2]
            self.named(name)
            yield values.get(name, name), name

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        return schema


def _text(schema: AnySchema) -> str:
    """Return the description, or an empty text."""
    return schema.get("description", "").strip() if isinstance(schema, Mapping) else ""


def _nullable(shape: Shape) -> Shape:
    return shape if isinstance(shape, Nullable | Anything) else Nullable(shape)
