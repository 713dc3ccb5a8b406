"""Rules for operations, in addition to the generator's."""

from collections.abc import Iterator, Mapping
from typing import Final

from waybill_toolkit.contracts.diff.hits import CALLS
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Fault
from waybill_toolkit.contracts.generate.openapi import operation_nodes
from waybill_toolkit.contracts.generate.parameters import IDEMPOTENCY_KEY, parameter_nodes

MOVES_SOMETHING: Final = ("post", "patch")
"""PUT and DELETE are idempotent (RFC 9110)."""

REPEATABLE: Final = "x-repeatable"


def idempotency_faults(root: Node) -> Iterator[Fault]:
    """Find operations that are not idempotent: a retry would execute them twice."""
    for path, operation in operation_nodes(root):
        if operation.name not in MOVES_SOMETHING:
            continue
        names = {each.target().value.get("name") for each in parameter_nodes(path, operation)}
        reason = operation.value.get(REPEATABLE)
        if IDEMPOTENCY_KEY not in names and not reason:
            message = (
                f"{operation.name.upper()} without {IDEMPOTENCY_KEY}: add the shared parameter,"
                f" or say in {REPEATABLE} why doing it twice does no harm."
            )
            yield operation.fault(message, "idempotency-key")


def operation_ids(root: Node) -> set[str]:
    """Collect the ids of a service's operations."""
    return {str(operation.value.get("operationId")) for _, operation in operation_nodes(root)}


def call_faults(root: Node, operations: Mapping[str, set[str]]) -> Iterator[Fault]:
    """Find calls of unknown operations; `operations` has the ids by service."""
    calls = root.get(CALLS)
    for service in calls.children() if calls else ():
        if service.name not in operations:
            yield service.fault(f"there is no service {service.name}; correct it.", "calls")
            continue
        for identifier in service.children():
            if identifier.value not in operations[service.name]:
                message = f"{service.name} has no operation {identifier.value}; correct it."
                yield identifier.fault(message, "calls")
