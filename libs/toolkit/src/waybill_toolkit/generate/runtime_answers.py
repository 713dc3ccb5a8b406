"""What the runtime may answer by itself has to stand in the contract as well.

The list is that of `waybill.http`: it refuses a request before, and a key after, the handler runs.
"""

from collections.abc import Collection
from typing import Final

from waybill_toolkit.generate.documents import Node
from waybill_toolkit.generate.faults import Faults

ALWAYS: Final = ("malformed-request", "unauthenticated", "forbidden", "internal", "unavailable")
WITH_PARAMETERS: Final = ("invalid-parameters",)
WITH_BODY: Final = ("body-too-large", "unsupported-media-type", "invalid-body")
IDEMPOTENT: Final = (
    "idempotency-key-missing",
    "idempotency-key-in-use",
    "idempotency-key-reused",
)


def check_runtime_answers(
    responses: Node,
    declared: Collection[str],
    *,
    parameters: bool,
    body: bool,
    idempotent: bool,
    faults: Faults,
) -> None:
    """Add a fault for each problem that can be answered and is not declared."""
    possible = (
        *ALWAYS,
        *(WITH_PARAMETERS if parameters else ()),
        *(WITH_BODY if body else ()),
        *(IDEMPOTENT if idempotent else ()),
    )
    missing = [slug for slug in possible if slug not in declared]
    if missing:
        faults.add(
            responses.fault(
                f"the runtime can answer {', '.join(missing)} here;"
                " add it to the x-problems of its status."
            )
        )
