"""Faults that specifications allow, or that their validators report without a place."""

import re
from collections.abc import Iterator
from typing import Final

from waybill_toolkit.contracts.generate.bundle import Bundle
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import ContractError, Faults
from waybill_toolkit.contracts.generate.openapi import METHODS

UNSERVED: Final = ("head", "options", "trace")
"""The runtime answers HEAD and OPTIONS; TRACE is not supported."""

UNIONS: Final = ("allOf", "anyOf", "oneOf")

_PATH: Final = re.compile(r"(/([^{}/]+|\{[^{}/]+\}))+|/")
_PARAMETER: Final = re.compile(r"\{[^}]*\}")


def check_shape(root: Node, faults: Faults) -> None:
    """Add a fault for each path that cannot be served."""
    paths = root.get("paths")
    first: dict[str, str] = {}
    for path in paths.children() if paths else ():
        other = first.setdefault(_PARAMETER.sub("{}", path.name), path.name)
        if path.reference is not None:
            message = "a path that is written elsewhere is not read; write it here."
            faults.add(path.fault(message, "path"))
        elif not _PATH.fullmatch(path.name):
            message = f"{path.name!r} is no path; write one like /v1/orders/{{order_id}}."
            faults.add(path.fault(message, "path"))
        elif other != path.name:
            message = f"this is the path {other}, with another name in it; put them together."
            faults.add(path.fault(message, "path"))
        for method in (child for child in path.children() if child.name in UNSERVED):
            message = f"{method.name} is not served; use one of {', '.join(METHODS)}."
            faults.add(method.fault(message, "path"))


def check_circles(bundled: Bundle, faults: Faults) -> None:
    """Add a fault for each component that references only itself.

    Recursion through a field or an item is allowed.
    """
    for (kind, name), component in bundled.origins.items():
        if kind == "channels":
            continue
        waiting, seen = [component], {component.place}
        while waiting:
            for same in _same(waiting.pop()):
                if same.place == component.place:
                    message = f"{name} is made of itself; end the circle at a value."
                    faults.add(component.fault(message, "reference"))
                elif same.place not in seen:
                    seen.add(same.place)
                    waiting.append(same)


def _same(node: Node) -> Iterator[Node]:
    """Yield the schemas that also apply to a value."""
    if node.reference is not None:
        try:
            yield node.step()
        except ContractError:
            return  # reported by the bundler
    for union in UNIONS:
        if isinstance(node.value, dict) and isinstance(node.value.get(union), list):
            yield from node.child(union).children()
