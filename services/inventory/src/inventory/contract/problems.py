"""The problems that handlers of inventory may answer. Generated; never edited."""

from dataclasses import dataclass
from typing import ClassVar

from waybill.http.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationNotFound(Problem):
    """There is no reservation for this order."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "reservation-not-found"
    title: ClassVar[str] = "There is no reservation for this order"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockBelowZero(Problem):
    """There are fewer units than are to be taken away."""

    status: ClassVar[int] = 409
    slug: ClassVar[str] = "stock-below-zero"
    title: ClassVar[str] = "There are fewer units than are to be taken away"

    on_hand: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockNotFound(Problem):
    """No stock is kept for this SKU."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "stock-not-found"
    title: ClassVar[str] = "No stock is kept for this SKU"
