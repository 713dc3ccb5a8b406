"""The division of the stock by SKU over several databases: pure rules.

Each database has a part of the SKUs, and its own reservation of an order's lines in that part. An
order is reserved if it is reserved in every part that has lines of it, and nothing else counts.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from inventory.domain import Request, Reservation, Status

PARTS_MAX: Final = 64
"""Each process has a connection pool for each part; more parts need another design."""

_HEX_DIGITS: Final = 7
"""28 bits of the digest, which SQL can convert to an integer: see the audit."""

_HELD: Final = frozenset({"reserved", "committed"})
_WORST_FIRST: Final[Sequence[Status]] = (
    "refused",
    "expired",
    "released",
    "reserved",
    "committed",
)


def part_of(sku: str, parts: int) -> int:
    """Return the part that has a SKU. It never changes as long as the number of parts is equal."""
    if parts == 1:
        return 0
    digest = hashlib.md5(sku.encode(), usedforsecurity=False).hexdigest()
    return int(digest[:_HEX_DIGITS], 16) % parts


def split(request: Request, parts: int) -> dict[int, Request]:
    """Divide the lines of an order among the parts that have their SKUs."""
    units: dict[int, dict[str, int]] = {}
    for sku, wanted in request.units.items():
        units.setdefault(part_of(sku, parts), {})[sku] = wanted
    return {part: replace(request, units=of, parts=len(units)) for part, of in units.items()}


def is_held(statuses: Iterable[Status]) -> bool:
    """Whether the units of a reservation are taken in each of its parts."""
    return _HELD.issuperset(statuses)


def overall(statuses: Iterable[Status]) -> Status | None:
    """Return the status of an order with these reservations: the one that holds least."""
    found = set(statuses)
    return next((status for status in _WORST_FIRST if status in found), None)


def combine(request: Request, reservations: Sequence[Reservation]) -> Reservation:
    """Return what an order gets for the decisions of the parts that have its lines."""
    shortages = {each.sku: each for part in reservations for each in part.shortages}
    statuses = [each.status for each in reservations]
    return Reservation(
        request.order_id,
        "reserved" if is_held(statuses) else overall(statuses) or "released",
        min(each.expires_at for each in reservations),
        tuple(shortages[sku] for sku in request.units if sku in shortages),
        request.customer_ref,
    )
