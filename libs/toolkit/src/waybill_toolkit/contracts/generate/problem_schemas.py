"""Describes each problem type by a schema of its own, in a bundled or merged OpenAPI document.

A contract lists the problems of an error response in `x-problems`, and gives the response the
schema `Problem`. In the published document each of these types has a schema, with its `type`, its
status and its own fields, and the response is `anyOf` them. `Problem` is the last alternative, so
that clients generated today accept a problem type of tomorrow.

`discriminator` (OpenAPI 3.1, 4.8.25) names the schema of each type. `type` is an `enum` of one
value: more generators support it than `const`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from waybill_toolkit.contracts.generate.documents import Node, Pointer
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.media import PROBLEM
from waybill_toolkit.contracts.generate.names import pascal
from waybill_toolkit.contracts.generate.openapi import METHODS
from waybill_toolkit.contracts.generate.problems import ProblemType

Json = Mapping[str, Any]

_REFERENCE: Final = "#/components/schemas/"
_GENERAL: Final = "Problem"
_TYPE: Final = "urn:waybill:problem:"
_ERRORS: Final = "errors"
_WITH_ERRORS: Final = frozenset({"invalid-body", "invalid-parameters"})
"""The problems of `waybill.http` with one entry in `errors` for each invalid value."""


def describe_problems(
    document: Json,
    registry: Mapping[str, ProblemType],
    where: Callable[[Pointer], Node],
    faults: Faults,
) -> dict[str, Any]:
    """Return a document with a schema for each of its problem types.

    A schema of the contract that has the name of one of these is added to `faults`; `where` finds
    its source.
    """
    components = document["components"]
    written = components.get("schemas", {})
    general = written.get(_GENERAL, {})
    describer = _Describer(registry, general)
    responses = {
        name: describer.response(name, each)
        for name, each in components.get("responses", {}).items()
    }
    paths = {path: describer.path_item(item) for path, item in document["paths"].items()}
    for name in sorted(written.keys() & describer.schemas.keys()):
        message = f"the schema {name} is added for problems; choose another name."
        faults.add(where(("components", "schemas", name)).fault(message, "name"))
    if describer.schemas:
        describer.schemas[_GENERAL] = {**general, "additionalProperties": True}
    schemas = dict(sorted({**written, **describer.schemas}.items()))
    return {
        **document,
        "paths": paths,
        "components": components
        | ({"responses": responses} if responses else {})
        | ({"schemas": schemas} if schemas else {}),
    }


class _Describer:
    def __init__(self, registry: Mapping[str, ProblemType], general: Json) -> None:
        self._registry = registry
        self._general = general
        self.schemas: dict[str, Json] = {}

    def path_item(self, item: Json) -> Json:
        return {
            key: self._operation(value) if key in METHODS else value for key, value in item.items()
        }

    def _operation(self, operation: Json) -> Json:
        name = pascal(operation["operationId"])
        responses = {
            status: self.response(f"{name}{status}", each)
            for status, each in operation["responses"].items()
        }
        return {**operation, "responses": responses}

    def response(self, name: str, response: Json) -> Json:
        """Give a response the schema of its problems, named after its only one, or after `name`."""
        # An unknown problem is reported where its contract is read.
        slugs = [each for each in response.get("x-problems", ()) if each in self._registry]
        if not slugs or PROBLEM not in response.get("content", ()):
            return response
        union = f"{pascal(slugs[0]) if len(slugs) == 1 else name}Response"
        self.schemas[union] = self._union(slugs)
        return {**response, "content": {PROBLEM: {"schema": {"$ref": _REFERENCE + union}}}}

    def _union(self, slugs: list[str]) -> Json:
        mapping = {_TYPE + slug: _REFERENCE + self._describe(slug) for slug in slugs}
        alternatives = [*mapping.values(), _REFERENCE + _GENERAL]
        return {
            "anyOf": [{"$ref": each} for each in alternatives],
            "discriminator": {"propertyName": "type", "mapping": mapping},
        }

    def _describe(self, slug: str) -> str:
        """Add the schema of a problem type; return its name."""
        name = _GENERAL + pascal(slug)
        self.schemas[name] = _schema(self._registry[slug], self._general)
        return name


def _schema(problem: ProblemType, general: Json) -> Json:
    own = {
        "type": {"type": "string", "enum": [_TYPE + problem.slug]},
        "title": {"type": "string", "example": problem.title},
        "status": {"type": "integer", "enum": [problem.status]},
        **problem.schemas,
    }
    properties = {**general.get("properties", {}), **own}
    required = [*general.get("required", ()), *problem.schemas]
    if problem.slug in _WITH_ERRORS:
        required.append(_ERRORS)
    else:
        properties.pop(_ERRORS, None)
    return {
        "type": "object",
        "description": f"{problem.title}.",
        "required": required,
        "properties": properties,
    }
