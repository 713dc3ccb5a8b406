"""Compares the security requirements of an operation."""

from collections.abc import Iterator
from typing import TypeAlias

from waybill_toolkit.contracts.diff.change import Change, gone, now
from waybill_toolkit.contracts.diff.state import OperationPlace
from waybill_toolkit.contracts.diff.words import plain
from waybill_toolkit.contracts.generate.documents import Node

Way: TypeAlias = dict[str, list[str]]
"""One alternative of a security requirement: each scheme, with its scopes."""


def compare_security(before: OperationPlace, after: OperationPlace) -> Iterator[Change]:
    """Compare the requirements. Every caller who was authorized before must still be."""
    old, new = _ways(before), _ways(after)
    if old == new:
        return
    shut_out = [way for way in old if not any(_is_within(other, way) for other in new)]
    at = _security(after) or after.node
    message = f"{after.name} is for {_shown(new)}, was for {_shown(old)}."
    yield now("security-changed", at, message, breaking=bool(shut_out))


def compare_scheme(before: Node, after: Node) -> Iterator[Change]:
    """Compare a security scheme. Additional flows and scopes are safe."""
    old, new = _schemes(before), _schemes(after)
    for name, scheme in old.items():
        other = new.get(name)
        if other is None:
            yield gone("security-scheme-changed", scheme, f"the security scheme {name} is gone.")
        elif not _keeps(scheme, other):
            message = f"the security scheme {name} has changed."
            yield now("security-scheme-changed", other, message, breaking=True)


def _security(place: OperationPlace) -> Node | None:
    return place.node.get("security") or place.root.get("security")


def _ways(place: OperationPlace) -> list[Way]:
    security = _security(place)
    found: list[Way] = security.value if security else []
    return found or [{}]


def _is_within(new: Way, old: Way) -> bool:
    """Return whether every caller who satisfied `old` satisfies `new`."""
    return all(scheme in old and set(new[scheme]) <= set(old[scheme]) for scheme in new)


def _shown(ways: list[Way]) -> str:
    return " or ".join(
        " and ".join(
            f"{scheme} {' '.join(sorted(scopes))}".strip() for scheme, scopes in way.items()
        )
        or "everybody"
        for way in ways
    )


def _schemes(root: Node) -> dict[str, Node]:
    components = root.get("components")
    schemes = components.get("securitySchemes") if components else None
    return {each.name: each.target() for each in schemes.children()} if schemes else {}


def _keeps(before: Node, after: Node) -> bool:
    old, new = (
        {child.name: plain(child) for child in each.children() if child.name != "flows"}
        for each in (before, after)
    )
    flows, others = before.get("flows"), after.get("flows")
    addresses = (_addresses(flows), _addresses(others))
    return {**old, "description": ""} == {**new, "description": ""} and (
        addresses[0].items() <= addresses[1].items()
    )


def _addresses(flows: Node | None) -> dict[str, str]:
    found = flows.children() if flows else ()
    return {
        f"{flow.name} {key}": value
        for flow in found
        for key, value in flow.value.items()
        if key.endswith("Url")
    }
