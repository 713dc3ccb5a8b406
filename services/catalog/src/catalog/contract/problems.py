"""The problems that handlers of catalog may answer. Generated; never edited."""

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
class DuplicateSku(Problem):
    """The product contains a SKU twice."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "duplicate-sku"
    title: ClassVar[str] = "The product contains a SKU twice"

    sku: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidValidity(Problem):
    """A price is never valid or two of one currency are valid at once."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "invalid-validity"
    title: ClassVar[str] = "A price is never valid or two of one currency are valid at once"

    pointer: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductNotFound(Problem):
    """The product does not exist."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "product-not-found"
    title: ClassVar[str] = "The product does not exist"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuTaken(Problem):
    """The SKU already exists."""

    status: ClassVar[int] = 409
    slug: ClassVar[str] = "sku-taken"
    title: ClassVar[str] = "The SKU already exists"

    sku: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCurrency(Problem):
    """No currency has this code."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "unknown-currency"
    title: ClassVar[str] = "No currency has this code"

    currency: str
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantNotFound(Problem):
    """The variant does not exist."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "variant-not-found"
    title: ClassVar[str] = "The variant does not exist"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionMismatch(Problem):
    """The resource has changed."""

    status: ClassVar[int] = 412
    slug: ClassVar[str] = "version-mismatch"
    title: ClassVar[str] = "The resource has changed"
