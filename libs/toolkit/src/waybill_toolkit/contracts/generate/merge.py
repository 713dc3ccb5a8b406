"""Merges the OpenAPI documents of all services into one public document.

Identical components are merged. When services have different components of one name, each name gets
its service as a prefix, `OrdersStatus` and `PaymentsStatus`, and so do the components that
reference them. Equal contracts give equal bytes.

`x-service` of an operation names its service; operations with `x-internal` are left out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.merged_names import Components, MergedNames, without_scopes
from waybill_toolkit.contracts.generate.openapi import METHODS
from waybill_toolkit.contracts.generate.rate_limits import RATE_LIMIT, limit_of

_PARAMETER: Final = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Part:
    """The bundled contract of one service, and its source."""

    service: str
    root: Node
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Door:
    """The gateway's additions: the document's info, and its own responses by status."""

    service: str
    content: Mapping[str, Any]

    def answers(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        """Return the responses that are added to an operation."""
        answers = self.content["answers"]
        with_body = answers["with_body"] if "requestBody" in operation else {}
        return {**with_body, **answers["every_operation"]}


def merge(door: Door, parts: Sequence[Part], faults: Faults) -> dict[str, Any]:
    """Merge contracts; ambiguous paths and names are added to `faults`."""
    _check_unique(parts, faults)
    _check_schemes(parts, faults)
    faults.stop_if_any()
    named = {part.service: _components(part.content) for part in parts}
    names = MergedNames({door.service: _components(door.content), **named})
    paths = {path: item for part in parts for path, item in _paths(part, door, names)}
    front = {key: door.content[key] for key in ("openapi", "info", "servers")}
    tags = [
        {"name": part.service, "description": part.content["info"].get("description", "")}
        for part in parts
    ]
    return {**front, "tags": tags, "paths": paths, "components": names.components_for(paths)}


def _components(content: Mapping[str, Any]) -> Components:
    return {
        (kind, name): value
        for kind, named in content["components"].items()
        for name, value in named.items()
    }


def _paths(part: Part, door: Door, names: MergedNames) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in part.content["paths"].items():
        public = {
            key: _operation(part, door, key, value, names)
            if key in METHODS
            else names.rewrite(part.service, value)
            for key, value in item.items()
            if key not in METHODS or not value.get("x-internal")
        }
        if public.keys() & set(METHODS):
            yield path, public


def _operation(
    part: Part, door: Door, method: str, operation: Mapping[str, Any], names: MergedNames
) -> dict[str, Any]:
    own = names.rewrite(part.service, operation)
    added = names.rewrite(door.service, door.answers(operation))
    for status in own["responses"].keys() & added.keys():
        both = _with_problems_of_both(part, door, operation, status)
        added[status] = names.rewrite(part.service, both)
    return {
        **own,
        "tags": [part.service],
        "x-service": part.service,
        RATE_LIMIT: limit_of(method, operation),
        "responses": dict(sorted({**own["responses"], **added}.items())),
    }


def _with_problems_of_both(
    part: Part, door: Door, operation: Mapping[str, Any], status: str
) -> Mapping[str, Any]:
    """Return the service's response of a status that the gateway answers with too."""
    own = _resolved(part.content, operation["responses"][status])
    other = _resolved(door.content, door.answers(operation)[status])
    slugs = dict.fromkeys([*own.get("x-problems", ()), *other["x-problems"]])
    headers = {**other.get("headers", {}), **own.get("headers", {})}
    return {**own, "x-problems": list(slugs), **({"headers": headers} if headers else {})}


def _resolved(content: Mapping[str, Any], response: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = response.get("$ref")
    if reference is None:
        return response
    found: Mapping[str, Any] = content["components"]["responses"][reference.rpartition("/")[2]]
    return found


def _check_unique(parts: Sequence[Part], faults: Faults) -> None:
    """Refuse ambiguous paths and names."""
    paths: dict[str, Part] = {}
    operations: dict[str, Part] = {}
    for part in parts:
        for path in part.root.need("paths").children():
            other = paths.setdefault(_PARAMETER.sub("{}", path.name), part)
            if other is not part:
                faults.add(
                    path.fault(f"{other.service} serves {path.name} too; choose another path.")
                )
            for operation in (path.child(name) for name in path.value if name in METHODS):
                identifier = operation.need("operationId")
                other = operations.setdefault(identifier.value, part)
                if other is not part:
                    faults.add(
                        identifier.fault(
                            f"{other.service} has an operation {identifier.value} too;"
                            " rename one of them."
                        )
                    )


def _check_schemes(parts: Sequence[Part], faults: Faults) -> None:
    """Refuse different security schemes with one name; only their scopes may differ."""
    first: dict[str, tuple[str, object]] = {}
    for part in parts:
        for name, scheme in part.content["components"].get("securitySchemes", {}).items():
            other, expected = first.setdefault(name, (part.service, without_scopes(scheme)))
            if without_scopes(scheme) != expected:
                faults.add(
                    part.root.fault(
                        f"the security scheme {name} is another one than that of {other};"
                        " make them equal but for their scopes."
                    )
                )
