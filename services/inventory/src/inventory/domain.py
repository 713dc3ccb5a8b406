"""What an order holds of the stock, and how commands move that.

                  (nothing) --release--> released
                      |                     ^
                   reserve       release    |
    refused <---------+---> reserved -------+
                                | |         |
              expired <--expire-+ +-commit--+--> committed --release--> released

All other commands change nothing: one that comes twice finds its work done.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

Status: TypeAlias = Literal["reserved", "committed", "released", "expired", "refused"]

QUANTITY_MAX: Final = 2**63 - 1
"""What the database can write down. No stock is as large, so more is short all the same."""


@dataclass(frozen=True, slots=True)
class StockLevel:
    """The units of one SKU, by what they are for."""

    sku: str
    on_hand: int
    reserved: int
    committed: int


@dataclass(frozen=True, slots=True)
class Request:
    """What an order asks for: units by SKU."""

    order_id: UUID
    units: Mapping[str, int]

    @classmethod
    def of(cls, order_id: UUID, lines: Iterable[tuple[str, int]]) -> "Request":
        """Make a request of (sku, quantity) pairs; those of one SKU are counted together."""
        units: Counter[str] = Counter()
        for sku, quantity in lines:
            units[sku] = min(units[sku] + quantity, QUANTITY_MAX)
        return cls(order_id, units)


@dataclass(frozen=True, slots=True)
class Shortage:
    """Of this SKU there was less than the order wanted."""

    sku: str
    wanted: int
    on_hand: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """How it stands between an order and the stock."""

    order_id: UUID
    status: Status
    expires_at: datetime
    shortages: tuple[Shortage, ...] = ()
    """Why it was refused; empty in every other status."""


@dataclass(frozen=True, slots=True)
class Move:
    """A reservation that changes its status, and its units with it."""

    order_id: UUID
    before: Status
    after: Status


def decide_reservations(
    requests: Sequence[Request], on_hand: Mapping[str, int], now: datetime, expires_at: datetime
) -> list[Reservation]:
    """Decide on new requests one after the other: each finds what those before it left.

    All units of an order are set aside, or none. A SKU that is not in `on_hand` has no stock.
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
        return Reservation(request.order_id, "refused", now, shortages)
    for sku, wanted in request.units.items():
        left[sku] -= wanted
    return Reservation(request.order_id, "reserved", expires_at)


def after_commit(status: Status) -> Status:
    """Sell what is reserved, also past its time as long as nobody has taken it back."""
    return "committed" if status == "reserved" else status


def after_release(status: Status) -> Status:
    """Let go of what the order holds, reserved or sold."""
    return "released" if status in ("reserved", "committed") else status


def moves(reservations: Iterable[Reservation], after: Callable[[Status], Status]) -> list[Move]:
    """Return the moves of those reservations that `after` changes."""
    return [
        Move(each.order_id, each.status, after(each.status))
        for each in reservations
        if after(each.status) != each.status
    ]
