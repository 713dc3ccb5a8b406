"""Validates values by the schemas of a bundled contract, with the services' strict formats."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from waybill.scalars import INSTANT_PATTERN, UUID_PATTERN

Json = dict[str, Any]

_URI: Final = "urn:waybill:contract"
_UTC_PATTERN: Final = INSTANT_PATTERN.replace("Z$", r"(Z|\+00:00)$")
"""RFC 3339 has two spellings of UTC; event envelopes use this one."""


def read_json(path: Path) -> Json:
    """Read a bundled contract."""
    found: Json = json.loads(path.read_bytes())
    return found


def escape(step: str) -> str:
    """Escape one token of a JSON pointer in a URI (RFC 6901, section 6)."""
    return step.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def closed(contents: Json) -> Json:
    """Return a document whose schemas refuse fields that they do not name.

    Answers and events are open, for the fields of later versions; an example of this version has
    only fields of this version.
    """
    schemas = {
        name: {"additionalProperties": False, **schema} if "properties" in schema else schema
        for name, schema in contents.get("components", {}).get("schemas", {}).items()
    }
    return contents | {"components": contents.get("components", {}) | {"schemas": schemas}}


class SchemaDocument:
    """A document with internal references only."""

    def __init__(self, contents: Json) -> None:
        self.contents: Final = contents
        resource = Resource.from_contents(contents, default_specification=DRAFT202012)
        self._registry = Registry().with_resource(_URI, resource)

    def resolve(self, node: Json) -> Json:
        """Resolve a reference, if `node` is one."""
        while "$ref" in node:
            node = self.at(str(node["$ref"]).removeprefix("#"))
        return node

    def at(self, pointer: str) -> Json:
        """Return the value at a pointer. Raises KeyError."""
        node: Any = self.contents
        for step in pointer.split("/")[1:]:
            node = node[unquote(step).replace("~1", "/").replace("~0", "~")]
        found: Json = node
        return found

    def faults(self, pointer: str, value: Any) -> list[str]:  # noqa: ANN401 (any JSON)
        """Validate a value by the schema at `pointer`; return the faults."""
        return self.faults_by({"$ref": f"{_URI}#{pointer}"}, value)

    def faults_by(self, schema: Json, value: Any) -> list[str]:  # noqa: ANN401 (any JSON)
        """Validate a value by a schema; return the faults."""
        validator = Draft202012Validator(schema, registry=self._registry, format_checker=_FORMATS)
        errors = sorted(validator.iter_errors(value), key=lambda error: error.json_path)
        return [f"{error.json_path}: {error.message}" for error in errors]


def _matches(pattern: str) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or bool(re.fullmatch(pattern, value))


_FORMATS: Final = FormatChecker(formats=())
_FORMATS.checks("uuid")(_matches(UUID_PATTERN))
_FORMATS.checks("date-time")(_matches(_UTC_PATTERN))
