"""Finds missing examples: of a schema, of a field, or of an invalid body or payload."""

from collections.abc import Collection, Iterator, Mapping

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Fault
from waybill_toolkit.contracts.generate.openapi import request_nodes, response_nodes
from waybill_toolkit.contracts.lint.holder import RULE, UNIONS, Holder, Place


def unshown_faults(
    holder: Holder, shown: Mapping[Place, Collection[str]], kinds: Mapping[Place, Collection[str]]
) -> Iterator[Fault]:
    """Find what the examples of a document do not show.

    `shown` has the schemas and fields that occur in valid examples; `kinds` says whether a schema
    has its own valid and invalid examples.
    """
    crossing = {node.target().place for node in _crossing(holder.root)}
    for schema in holder.schemas:
        missing = {"valid", "invalid"}.difference(kinds.get(schema.place, ()))
        files = [f"examples/{schema.name}/{kind}-….json" for kind in sorted(missing, reverse=True)]
        if schema.place not in shown:
            text = f"{schema.name} has no example; write example: or {' and '.join(files)}."
            yield schema.fault(text, RULE)
            continue
        if missing and schema.place in crossing and "properties" in schema.value:
            text = f"{schema.name} is a whole body or event; write {' and '.join(files)}."
            yield schema.fault(text, RULE)
        for described, name in _fields(schema):
            if described.place in shown and name.name not in shown[described.place]:
                text = f"no valid example of {schema.name} has {name.name}; add it to one."
                yield name.fault(text, RULE)


def _crossing(root: Node) -> Iterator[Node]:
    """Yield the schemas of bodies and payloads."""
    if root.get("paths"):
        yield from request_nodes(root)
        yield from response_nodes(root)
    components = root.get("components")
    messages = components.get("messages") if components else None
    for message in messages.children() if messages else ():
        if "payload" in message.value:
            yield message.child("payload")


def _fields(schema: Node) -> Iterator[tuple[Node, Node]]:
    """Yield each field of a schema, also of nested unnamed objects, with its object."""
    if schema.reference is not None or not isinstance(schema.value, dict):
        return
    properties = schema.get("properties")
    for field in properties.children() if properties else ():
        yield schema, field
        yield from _fields(field)
    if "items" in schema.value:
        yield from _fields(schema.child("items"))
    for union in UNIONS:
        for branch in schema.child(union).children() if union in schema.value else ():
            yield from _fields(branch)
