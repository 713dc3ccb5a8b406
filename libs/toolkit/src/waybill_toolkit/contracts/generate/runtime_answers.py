"""Checks that a contract declares exactly the problems that the runtime returns.

The list is that of `waybill.http`: the problems that it returns before or after the handler runs.
"""

from collections.abc import Collection
from typing import Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults
from waybill_toolkit.contracts.generate.security import Security

ALWAYS: Final = frozenset(
    {
        "internal",
        "invalid-parameters",  # an unknown query parameter is one
        "malformed-request",
        "unavailable",
    }
)
GUARDED: Final = frozenset({"forbidden", "unauthenticated"})
WITH_CREDENTIALS: Final = frozenset({"unauthenticated"})
WITH_BODY: Final = frozenset({"body-too-large", "invalid-body", "unsupported-media-type"})
IDEMPOTENT: Final = frozenset(
    {"idempotency-key-in-use", "idempotency-key-missing", "idempotency-key-reused"}
)
CONDITIONAL: Final = frozenset({"precondition-required"})


def check_runtime_answers(
    responses: Node,
    declared: Collection[str],
    *,
    security: Security,
    body: bool,
    idempotent: bool,
    conditional: bool,
    faults: Faults,
) -> None:
    """Compare the runtime's problems that an operation declares with those that it can return."""
    possible = ALWAYS | (GUARDED if security.scopes is not None else set())
    possible |= WITH_CREDENTIALS if security.basic else set()
    possible |= (WITH_BODY if body else set()) | (IDEMPOTENT if idempotent else set())
    possible |= CONDITIONAL if conditional else set()
    if missing := sorted(possible - set(declared)):
        faults.add(
            responses.fault(
                f"the runtime can answer {', '.join(missing)} here;"
                " add it to the x-problems of its status.",
                "problem",
            )
        )
    if impossible := sorted(set(declared) - possible):
        message = f"nothing can answer {', '.join(impossible)} here; remove it."
        faults.add(responses.fault(message, "problem"))
