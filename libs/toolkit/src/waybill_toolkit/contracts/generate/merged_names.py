"""Names the components of several documents in the merged document."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from waybill_toolkit.contracts.generate.bundle import Component
from waybill_toolkit.contracts.generate.names import pascal

Components: TypeAlias = Mapping[Component, Any]

_PREFIX: Final = "#/components/"
_SCHEMES: Final = "securitySchemes"


class MergedNames:
    """Decides the names for all documents; `rewrite` then copies parts of them."""

    def __init__(self, named: Mapping[str, Components]) -> None:
        """Use the components of each document, by service."""
        self._named = named
        self._differing = _differing(named)

    def rewrite(self, service: str, value: Any) -> Any:  # noqa: ANN401 (JSON)
        """Copy a part of a service's document, with references to the merged names."""
        match value:
            case {"$ref": str(reference)}:
                return {"$ref": self._reference(service, reference)}
            case dict():
                copied = {key: self.rewrite(service, each) for key, each in value.items()}
                if mapping := _mapping(value):
                    copied["discriminator"]["mapping"] = {
                        key: self._reference(service, each) for key, each in mapping.items()
                    }
                return copied
            case list():
                return [self.rewrite(service, each) for each in value]
            case _:
                return value

    def components_for(self, merged: object) -> dict[str, dict[str, Any]]:
        """Return the components that a merged value needs, and the security schemes, sorted."""
        everything = self._everything()
        needed = {key for key in everything if key[0] == _SCHEMES}
        waiting: list[object] = [merged]
        while waiting:
            for key in references(waiting.pop()):
                if key not in needed:
                    needed.add(key)
                    waiting.append(everything[key])
        found: dict[str, dict[str, Any]] = {}
        for kind, name in sorted(needed):
            found.setdefault(kind, {})[name] = everything[kind, name]
        return found

    def _everything(self) -> dict[Component, Any]:
        merged: dict[Component, Any] = {}
        for service, components in self._named.items():
            for (kind, name), value in components.items():
                key = kind, self._name(service, kind, name)
                copied = self.rewrite(service, value)
                merged[key] = (
                    _united(merged.get(key, copied), copied) if kind == _SCHEMES else copied
                )
        return merged

    def _name(self, service: str, kind: str, name: str) -> str:
        return pascal(service) + name if (kind, name) in self._differing else name

    def _reference(self, service: str, reference: str) -> str:
        kind, name = _component(reference)
        return f"{_PREFIX}{kind}/{self._name(service, kind, name)}"


def references(value: object) -> Iterator[Component]:
    """Find the components that a part of a bundled document references."""
    match value:
        case {"$ref": str(reference)}:
            yield _component(reference)
        case dict():
            yield from map(_component, _mapping(value).values())
            for each in value.values():
                yield from references(each)
        case list():
            for each in value:
                yield from references(each)
        case _:
            pass


def _differing(named: Mapping[str, Components]) -> set[Component]:
    """Find the names of components that differ, directly or in their references."""
    values: dict[Component, list[Any]] = {}
    for components in named.values():
        for key, value in components.items():
            values.setdefault(key, []).append(value)
    shared = {key for key, found in values.items() if len(found) > 1 and key[0] != _SCHEMES}
    differing = {key for key in shared if len(set(map(_text, values[key]))) > 1}
    while more := {
        key for key in shared - differing if differing.intersection(references(values[key][0]))
    }:
        differing |= more
    return differing


def _component(reference: str) -> Component:
    kind, _, name = reference.removeprefix(_PREFIX).partition("/")
    return kind, name


def _mapping(schema: Mapping[str, Any]) -> Mapping[str, str]:
    match schema:
        case {"discriminator": {"mapping": dict(mapping)}}:
            return mapping
        case _:
            return {}


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def without_scopes(scheme: Mapping[str, Any]) -> dict[str, Any]:
    """Return a security scheme without its scopes."""
    flows = {
        name: {key: value for key, value in flow.items() if key != "scopes"}
        for name, flow in scheme.get("flows", {}).items()
    }
    return {**scheme, "flows": flows} if flows else dict(scheme)


def _united(scheme: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two definitions of one security scheme, with the scopes of both, sorted."""
    united = without_scopes(scheme)
    for name, flow in united.get("flows", {}).items():
        scopes = {**scheme["flows"][name]["scopes"], **other["flows"][name]["scopes"]}
        flow["scopes"] = dict(sorted(scopes.items()))
    return united
