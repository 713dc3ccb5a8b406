"""The problems that handlers of orders may answer. Generated; never edited."""

from dataclasses import dataclass
from typing import ClassVar

from waybill.http.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountOutOfRange(Problem):
    """An amount is above the limit of its currency."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "amount-out-of-range"
    title: ClassVar[str] = "An amount is above the limit of its currency"

    pointer: str
    amount_max_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyMismatch(Problem):
    """The SKU has no price in the currency of the order now."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "currency-mismatch"
    title: ClassVar[str] = "The SKU has no price in the currency of the order now"

    sku: str
    pointer: str
    price_currencies: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyOrder(Problem):
    """The order has no lines."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "empty-order"
    title: ClassVar[str] = "The order has no lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNotCancellable(Problem):
    """The order can no longer be cancelled."""

    status: ClassVar[int] = 409
    slug: ClassVar[str] = "order-not-cancellable"
    title: ClassVar[str] = "The order can no longer be cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNotFound(Problem):
    """The order does not exist."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "order-not-found"
    title: ClassVar[str] = "The order does not exist"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChanged(Problem):
    """A price is not the expected one."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "price-changed"
    title: ClassVar[str] = "A price is not the expected one"

    pointer: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityOutOfRange(Problem):
    """A quantity is below 1 or above the limit."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "quantity-out-of-range"
    title: ClassVar[str] = "A quantity is below 1 or above the limit"

    pointer: str
    quantity_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyStreams(Problem):
    """The caller follows too many orders."""

    status: ClassVar[int] = 429
    slug: ClassVar[str] = "too-many-streams"
    title: ClassVar[str] = "The caller follows too many orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCurrency(Problem):
    """No currency has this code."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "unknown-currency"
    title: ClassVar[str] = "No currency has this code"

    currency: str
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownSku(Problem):
    """A SKU is not in the catalogue."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "unknown-sku"
    title: ClassVar[str] = "A SKU is not in the catalogue"

    sku: str
    pointer: str
