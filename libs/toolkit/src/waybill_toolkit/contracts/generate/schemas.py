"""The classes of a contract's schemas, and the schemas that are needed."""

from collections.abc import Iterable, Iterator

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.names import GATEWAY, SHARED

__all__ = ["GATEWAY", "SHARED", "class_of", "module_of", "reachable"]


def class_of(schema: Node, module: str = "models") -> str | None:
    """Return the class of a reference: `models.Order`, `shared.Money`."""
    if schema.reference is None:
        return None
    target = schema.step()
    if target.pointer[:2] != ("components", "schemas") or len(target.pointer) != 3:
        return None
    return f"{module_of(target, module)}.{target.name}"


def module_of(component: Node, module: str) -> str:
    """Return the module of a schema; a shared schema is one class for the whole service."""
    return SHARED if component.document.path.parent.name == SHARED else module


def reachable(schemas: Iterable[Node]) -> dict[str, Node]:
    """Collect the schema components that `schemas` are or reference, also transitively."""
    found: dict[str, Node] = {}
    waiting = list(schemas)
    while waiting:
        for component in _components(waiting.pop()):
            if component.name not in found:
                found[component.name] = component
                waiting.append(component)
    return dict(sorted(found.items()))


def _components(node: Node) -> Iterator[Node]:
    if node.reference is not None:
        target = node.step()
        if target.pointer[:2] == ("components", "schemas"):
            yield target
        else:
            yield from _components(target)
        return
    for child in node.children():
        yield from _components(child)
