"""The problems that handlers of catalog may answer. Generated; never edited."""

from dataclasses import dataclass
from typing import ClassVar

from waybill.http.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateSku(Problem):
    """The same SKU stands twice in the product."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "duplicate-sku"
    title: ClassVar[str] = "The same SKU stands twice in the product"

    sku: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductNotFound(Problem):
    """There is no such product."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "product-not-found"
    title: ClassVar[str] = "There is no such product"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuTaken(Problem):
    """The SKU belongs to another variant."""

    status: ClassVar[int] = 409
    slug: ClassVar[str] = "sku-taken"
    title: ClassVar[str] = "The SKU belongs to another variant"

    sku: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantNotFound(Problem):
    """There is no such variant."""

    status: ClassVar[int] = 404
    slug: ClassVar[str] = "variant-not-found"
    title: ClassVar[str] = "There is no such variant"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionMismatch(Problem):
    """The resource has changed."""

    status: ClassVar[int] = 412
    slug: ClassVar[str] = "version-mismatch"
    title: ClassVar[str] = "The resource has changed"
