"""The reservation of an order and its state machine.

                  (nothing) --release--> released
                      |                     ^
                   reserve       release    |
    refused <---------+---> reserved -------+
                                | |         |
              expired <--expire-+ +-commit--+--> committed --release--> released

All other commands change nothing, so a repeated command has no effect.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

Status: TypeAlias = Literal["reserved", "committed", "released", "expired", "refused"]

QUANTITY_MAX: Final = 2**63 - 1
"""The maximum of a bigint. No stock is that large, so a larger quantity is a shortage anyway."""


@dataclass(frozen=True, slots=True)
class StockLevel:
    """The units of one SKU by their state."""

    sku: str
    on_hand: int
    reserved: int
    committed: int


@dataclass(frozen=True, slots=True)
class Request:
    """The units that an order requests, by SKU."""

    order_id: UUID
    units: Mapping[str, int]
    customer_ref: str | None = None
    parts: int | None = None
    """The number of databases that have lines of the order, if the stock is divided."""

    @classmethod
    def of(
        cls, order_id: UUID, lines: Iterable[tuple[str, int]], customer_ref: str | None = None
    ) -> "Request":
        """Create a request from (sku, quantity) pairs; the quantities of one SKU are added."""
        units: Counter[str] = Counter()
        for sku, quantity in lines:
            units[sku] = min(units[sku] + quantity, QUANTITY_MAX)
        return cls(order_id, units, customer_ref)


@dataclass(frozen=True, slots=True)
class Shortage:
    """A SKU with fewer units on hand than the order requests."""

    sku: str
    wanted: int
    on_hand: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """The units that an order holds."""

    order_id: UUID
    status: Status
    expires_at: datetime
    shortages: tuple[Shortage, ...] = ()
    """The reason of a refusal; empty in every other status."""
    customer_ref: str | None = None
    """Set for a new reservation."""
    parts: int | None = None
    """The number of databases with a reservation of the order, if the stock is divided."""


@dataclass(frozen=True, slots=True)
class Move:
    """A change of the status of a reservation, and of its units."""

    order_id: UUID
    before: Status
    after: Status


def decide_reservations(
    requests: Sequence[Request], on_hand: Mapping[str, int], now: datetime, expires_at: datetime
) -> list[Reservation]:
    """Decide new requests in order; each takes its units from the stock that remains.

    An order gets all of its units or none. A SKU that is not in `on_hand` has no stock.
    """
    left = dict(on_hand)
    return [_decide(request, left, now, expires_at) for request in requests]


def _decide(
    request: Request, left: dict[str, int], now: datetime, expires_at: datetime
) -> Reservation:
    shortages = tuple(
        Shortage(sku, wanted, left.get(sku, 0))
        for sku, wanted in request.units.items()
        if wanted > left.get(sku, 0)
    )
    if shortages:
        return _of(request, "refused", now, shortages)
    for sku, wanted in request.units.items():
        left[sku] -= wanted
    return _of(request, "reserved", expires_at)


def _of(
    request: Request, status: Status, expires_at: datetime, shortages: tuple[Shortage, ...] = ()
) -> Reservation:
    return Reservation(
        request.order_id, status, expires_at, shortages, request.customer_ref, request.parts
    )


def after_commit(status: Status) -> Status:
    """Commit a reservation, also after `expires_at` as long as it has not been expired."""
    return "committed" if status == "reserved" else status


def after_release(status: Status) -> Status:
    """Release what the order holds, reserved or committed."""
    return "released" if status in ("reserved", "committed") else status


def after_expiry(status: Status) -> Status:
    """Expire a reservation that is still open."""
    return "expired" if status == "reserved" else status


def moves(reservations: Iterable[Reservation], after: Callable[[Status], Status]) -> list[Move]:
    """Return a move for each reservation whose status `after` changes."""
    return [
        Move(each.order_id, each.status, after(each.status))
        for each in reservations
        if after(each.status) != each.status
    ]
