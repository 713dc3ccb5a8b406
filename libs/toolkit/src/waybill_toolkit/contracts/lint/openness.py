"""Requests are closed, answers and events are open.

A misspelled optional field of a request is refused. A field that is added to an answer later must
not break the clients of today.
"""

from collections.abc import Iterator
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Fault
from waybill_toolkit.contracts.generate.openapi import operation_nodes

_RULE: Final = "openness"
_KEYWORD: Final = "additionalProperties"


def openness_faults(root: Node) -> Iterator[Fault]:
    """Check the bodies of all operations of a service, each schema once."""
    seen: set[tuple[object, bool]] = set()
    for _, operation in operation_nodes(root):
        request = operation.get("requestBody")
        responses = operation.get("responses")
        for body in [request] if request else []:
            yield from _faults(body, seen, is_request=True)
        for answer in responses.children() if responses else ():
            yield from _faults(answer.target(), seen, is_request=False)


def _faults(node: Node, seen: set[tuple[object, bool]], *, is_request: bool) -> Iterator[Fault]:
    node = node.target()
    if (node.place, is_request) in seen:
        return
    seen.add((node.place, is_request))
    if isinstance(node.value, dict) and isinstance(node.value.get("properties"), dict):
        closed = node.value.get(_KEYWORD) is False
        if closed and not is_request:
            message = f"clients would refuse new fields of this answer; remove {_KEYWORD}: false."
            yield node.fault(message, _RULE)
        elif is_request and _KEYWORD not in node.value:
            message = f"a misspelled field of this request is ignored; add {_KEYWORD}: false."
            yield node.fault(message, _RULE)
    for child in node.children():
        if child.name not in {"example", "examples", "links"}:
            yield from _faults(child, seen, is_request=is_request)
