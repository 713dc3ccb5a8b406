"""Rules for operations, in addition to the generator's."""

from collections.abc import Iterator
from typing import Final

from waybill_toolkit.contracts.generate.calls import REPEATABLE
from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Fault
from waybill_toolkit.contracts.generate.openapi import operation_nodes
from waybill_toolkit.contracts.generate.parameters import IDEMPOTENCY_KEY, parameter_nodes

MOVES_SOMETHING: Final = ("post", "patch")
"""PUT and DELETE are idempotent (RFC 9110)."""


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
