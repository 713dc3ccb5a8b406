"""The schemas of a bundled document, compiled once; a check takes some microseconds."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import unquote

import jsonschema_rs

from waybill.scalars import INSTANT_PATTERN, UUID_PATTERN

Json = Mapping[str, Any]

Checker = Callable[[object], list[str]]
"""Returns the places of a schema that a value violates, without values."""

_FAULTS_MAX: Final = 3
"""After one fault is fixed, the next one is reported."""


_SCHEMAS: Final = "#/components/schemas/"

_EXTENSIBLE: Final = frozenset({"EventHeaders", "Fault", "Problem"})
"""Schemas that do not name all their fields: a type of problem adds its own, for example."""


class Schemas:
    """A document without external references, and its schemas as validators.

    A contract leaves its answers and events open, so that clients ignore fields that come later.
    What this version of the service sends has no field that its contract does not name.
    """

    def __init__(self, document: Json) -> None:
        self.document: Final = document
        schemas = document.get("components", {}).get("schemas", {})
        self._schemas = {
            f"{_SCHEMAS}{name}": schema if name in _EXTENSIBLE else _closed(schema)
            for name, schema in schemas.items()
        }
        self._checkers: dict[str, Checker] = {}

    def resolve(self, node: Json) -> Json:
        """Follow a reference, if `node` is one."""
        while "$ref" in node:
            node = self._at(node["$ref"])
        return node

    def checker(self, schema: Json) -> Checker:
        """Return the validator of a schema; each schema is compiled once."""
        written = json.dumps(schema, sort_keys=True)
        if written not in self._checkers:
            self._checkers[written] = self._compile(schema)
        return self._checkers[written]

    def _compile(self, schema: Json) -> Checker:
        # Together with its components, the references of a schema stay valid. All components
        # would take 0.3 MB for each validator of the gateway.
        schemas = {name.removeprefix(_SCHEMAS): each for name, each in self._used(schema).items()}
        validator = jsonschema_rs.Draft202012Validator(
            {**schema, "components": {"schemas": schemas}}, validate_formats=True, formats=_FORMATS
        )

        def faults(value: object) -> list[str]:
            if validator.is_valid(value):
                return []
            return [_place(each.schema_path) for each in validator.iter_errors(value)][:_FAULTS_MAX]

        return faults

    def _used(self, schema: Json) -> dict[str, Json]:
        """Return the schemas that a schema references, also transitively."""
        found: dict[str, Json] = {}
        waiting = [schema]
        while waiting:
            for reference in _references(waiting.pop()) - found.keys():
                found[reference] = self._schemas[reference]
                waiting.append(found[reference])
        return found

    def _at(self, reference: str) -> Json:
        node: Any = self.document
        for step in reference.split("/")[1:]:
            node = node[unquote(step).replace("~1", "/").replace("~0", "~")]
        found: Json = node
        return found


def _references(value: object) -> set[str]:
    match value:
        case {"$ref": str(reference)}:
            return {reference}
        case dict():
            return {each for below in value.values() for each in _references(below)}
        case list():
            return {each for below in value for each in _references(below)}
        case _:
            return set()


def _closed(schema: Json) -> Json:
    if "properties" not in schema:
        return schema
    fields = {name: _closed(field) for name, field in schema["properties"].items()}
    return {"additionalProperties": False, **schema, "properties": fields}


def _place(path: list[str | int]) -> str:
    return "/".join(map(str, path))


@cache
def _matcher(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


_FORMATS: Final = {"uuid": _matcher(UUID_PATTERN), "date-time": _matcher(INSTANT_PATTERN)}
"""As strict as the checks of received data."""
