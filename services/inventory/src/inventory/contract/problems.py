"""The problems that handlers of inventory may answer. Generated; never edited."""

from dataclasses import dataclass
from typing import ClassVar

from waybill.http.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationNotFound(Problem):
    """The order has no reservation."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "reservation-not-found"
    title: ClassVar[str] = "The order has no reservation"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockBelowZero(Problem):
    """Fewer units are on hand than the adjustment removes."""

    status: ClassVar[int] = 409
    slug: ClassVar[str] = "stock-below-zero"
    title: ClassVar[str] = "Fewer units are on hand than the adjustment removes"

    on_hand: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockNotFound(Problem):
    """There is no stock of this SKU."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "stock-not-found"
    title: ClassVar[str] = "There is no stock of this SKU"
