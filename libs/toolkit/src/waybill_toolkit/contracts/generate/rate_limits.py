"""Reads the limits on the rate of requests.

The gateway's contract has the classes, under `rate_limits`. An operation belongs to one of them by
`x-rate-limit: {class: write, cost: 1}`; by default reads to `read`, and all others to `write`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from waybill_toolkit.contracts.generate.documents import Node
from waybill_toolkit.contracts.generate.faults import Faults

CLASSES: Final = "rate_limits"
RATE_LIMIT: Final = "x-rate-limit"
PUBLISHED: Final = "x-rate-limits"
"""The classes in the merged document."""

READ: Final = "read"
WRITE: Final = "write"
UNAUTHENTICATED: Final = "unauthenticated"
"""Counts, by the client's address, requests whose token is not accepted."""
REQUIRED: Final = (READ, WRITE, UNAUTHENTICATED)

_RULE: Final = "rate-limit"


@dataclass(frozen=True, slots=True)
class RateLimitClass:
    """At most `quota` units in `window_seconds`; `shared` ones count over all replicas."""

    quota: int
    window_seconds: int
    shared: bool = False


def read_classes(written: Node, faults: Faults) -> dict[str, RateLimitClass]:
    """Read the classes of the gateway's contract. Raises ContractError when there are none."""
    declared = written.need(CLASSES)
    found: dict[str, RateLimitClass] = {}
    for each in declared.children():
        value = each.value if isinstance(each.value, dict) else {}
        numbers = [value.get("quota"), value.get("window_seconds")]
        unknown = value.keys() - {"quota", "window_seconds", "shared"}
        if (
            unknown
            or not all(map(_is_count, numbers))
            or not isinstance(value.get("shared", False), bool)
        ):
            message = (
                "a class is {quota: 100, window_seconds: 60}, both above zero, and may be"
                " shared: true."
            )
            faults.add(each.fault(message, _RULE))
        else:
            found[each.name] = RateLimitClass(**value)
    for name in REQUIRED:
        if name not in declared.value:
            faults.add(declared.fault(f"the class {name} is missing; add it.", _RULE))
    return found


def limit_of(method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the class and the cost of an operation, as the merged document has them."""
    written = operation.get(RATE_LIMIT, {})
    default = READ if method == "get" else WRITE
    return {"class": written.get("class", default), "cost": written.get("cost", 1)}


def check_limits(
    operations: Iterable[Node], classes: Mapping[str, RateLimitClass], faults: Faults
) -> None:
    """Add a fault for each limit of an operation that no class allows."""
    for operation in operations:
        written = operation.get(RATE_LIMIT)
        if written is None:
            continue
        value = written.value
        if not isinstance(value, dict) or value.keys() - {"class", "cost"}:
            faults.add(written.fault("a limit is {class: write, cost: 1}.", _RULE))
            continue
        limit = limit_of(operation.name, operation.value)
        named = classes.get(limit["class"]) if isinstance(limit["class"], str) else None
        if named is None:
            names = ", ".join(sorted(classes))
            message = f"gateway.yaml has no class {limit['class']}; use {names}, or add it there."
            faults.add(written.fault(message, _RULE))
        elif not _is_count(limit["cost"]) or limit["cost"] > named.quota:
            message = f"cost is a number from 1 to the quota of its class, {named.quota}."
            faults.add(written.fault(message, _RULE))


def published(classes: Mapping[str, RateLimitClass]) -> dict[str, Any]:
    """Return the classes as the merged document has them."""
    return {
        name: {
            "quota": each.quota,
            "window_seconds": each.window_seconds,
            "shared": each.shared,
        }
        for name, each in sorted(classes.items())
    }


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
