"""`x-follow` declares how clients wait for the final state of a resource.

It is declared at the GET operation: the `status` field, its final values (`until`), and the field
with the reason of a refusal, an object with a `code` and a `detail`.
"""

from collections.abc import Iterator
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Fault
from waybill_toolkit.contracts.generate.media import JSON
from waybill_toolkit.contracts.generate.openapi import operation_nodes

FOLLOW: Final = "x-follow"
_PARTS: Final = ("status", "until", "refusal")
_RULE: Final = "follow"


def follow_faults(root: Node) -> Iterator[Fault]:
    """Find invalid declarations."""
    for _, operation in operation_nodes(root):
        follow = operation.get(FOLLOW)
        if follow is not None:
            yield from _faults(operation, follow)


def _faults(operation: Node, follow: Node) -> Iterator[Fault]:
    parts = [follow.get(name) for name in _PARTS]
    if operation.name != "get" or None in parts:
        message = f"{FOLLOW} stands at a GET and has {', '.join(_PARTS)}; correct it."
        yield follow.fault(message, _RULE)
        return
    fields = _answered(operation)
    status, until, refusal = (follow.need(name) for name in _PARTS)
    values = _values(fields, status.value)
    if values is None:
        message = f"{status.value} is no field of the answer with an enum; name one."
        yield status.fault(message, _RULE)
    else:
        for value in until.children():
            if value.value not in values:
                message = f"{value.value} is no value of {status.value}; correct it."
                yield value.fault(message, _RULE)
    why = fields.get(str(refusal.value)) if fields else None
    members = why.get("properties") if why else None
    if members is None or "detail" not in members.value or _values(members, "code") is None:
        message = (
            f"{refusal.value} is no field of the answer that has a code, with an enum,"
            " and a detail; name one."
        )
        yield refusal.fault(message, _RULE)


def _answered(operation: Node) -> Node | None:
    """Yield the fields of the success response."""
    responses = operation.get("responses")
    for response in responses.children() if responses else ():
        node: Node | None = response.target()
        for key in ("content", JSON, "schema", "properties"):
            node = node.get(key) if node else None
        if response.name.startswith("2"):
            return node
    return None


def _values(fields: Node | None, name: object) -> list[object] | None:
    field = fields.get(str(name)) if fields else None
    values = field.get("enum") if field else None
    return values.value if values and isinstance(values.value, list) else None
