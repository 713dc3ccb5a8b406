"""Checks `x-owner`, which declares the owner of a resource and decides access by owner.

A resource has an owner when its schema says so: a request or response body has a field like
`customer_ref`, at any depth. Then `x-owner` of the operation and of all operations below its path
names that field. An operation whose path has the key of an owned resource, also of another service
(`/v1/reservations/{order_id}`), needs an owner too.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Fault
from waybill_toolkit.contracts.generate.media import FORM, JSON
from waybill_toolkit.contracts.generate.openapi import operation_nodes
from waybill_toolkit.contracts.generate.ownership import OWNER
from waybill_toolkit.contracts.generate.parameters import parameter_nodes
from waybill_toolkit.contracts.generate.schemas import reachable

_KEY: Final = re.compile(r"\{([^{}]+)\}")
_NAMES_OWNER: Final = re.compile(r"(account|buyer|customer|member|owner|user)_(id|ref)")


def owned_keys(roots: Iterable[Node]) -> frozenset[str]:
    """Collect the path parameters that select an owned resource, such as order_id."""
    return frozenset(
        key
        for root in roots
        for path, operation in operation_nodes(root)
        if operation.get(OWNER) is not None
        for key in _KEY.findall(path.name)
    )


def owner_faults(root: Node, keys: frozenset[str]) -> Iterator[Fault]:
    """Find operations on owned resources whose `x-owner` is missing or unknown.

    `keys` are the owned keys of all contracts.
    """
    places = list(operation_nodes(root))
    fields = {operation.place: _owner_fields(path, operation) for path, operation in places}
    theirs = {path.name: fields[operation.place] for path, operation in places if "{" in path.name}
    for path, operation in places:
        above = (found for name, found in theirs.items() if path.name.startswith(f"{name}/"))
        possible = fields[operation.place].union(*above)
        owner = operation.get(OWNER)
        if owner is None and possible:
            message = (
                f"this resource has an owner ({', '.join(sorted(possible))});"
                f" declare it: {OWNER}: {min(possible)}."
            )
            yield operation.fault(message, "owner")
        elif owner is None and (selected := keys.intersection(_KEY.findall(path.name))):
            message = (
                f"{min(selected)} selects a resource with an owner; declare the owner here too:"
                f" {OWNER}, and its field in the response."
            )
            yield operation.fault(message, "owner")
        if owner is not None and (field := _field(owner)) not in possible:
            named = ", ".join(sorted(possible)) or "no such field"
            message = f"{field} is not a field of the request or the responses; there is {named}."
            yield owner.fault(message, "owner")


def _field(owner: Node) -> str:
    return str(owner.value.get("field") if isinstance(owner.value, dict) else owner.value)


def names_owner(field: str) -> bool:
    """Whether a field of this name is an owner."""
    return _NAMES_OWNER.fullmatch(field) is not None


def _owner_fields(path: Node, operation: Node) -> set[str]:
    parameters = (each.target().value.get("name", "") for each in parameter_nodes(path, operation))
    names = {*parameters, *_field_names(operation)}
    return {name for name in names if names_owner(name)}


def _field_names(operation: Node) -> Iterator[str]:
    for schema in reachable(_bodies(operation)).values():
        yield from _names_within(schema)


def _bodies(operation: Node) -> Iterator[Node]:
    responses = operation.get("responses")
    answers = (each.target() for each in responses.children()) if responses else ()
    for holder in filter(None, (operation.get("requestBody"), *answers)):
        content = holder.get("content")
        for media in filter(None, map(content.get, (JSON, FORM)) if content else ()):
            if "schema" in media.value:
                yield media.child("schema")


def _names_within(node: Node) -> Iterator[str]:
    """Check one schema; referenced schemas are checked separately."""
    for child in node.children():
        if child.name == "properties":
            yield from child.value
        yield from _names_within(child)
