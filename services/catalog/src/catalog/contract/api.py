"""The HTTP interface of catalog. Generated; never edited."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import Field
from waybill.http import Answer, Call, Operation, Parameter
from waybill.scalars import UUID

from catalog.contract import models, problems, shared


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateProduct201(Answer):
    """The product."""

    status: ClassVar[int] = 201
    body: models.Product
    location: str


CreateProductResult: TypeAlias = (
    CreateProduct201
    | problems.SkuTaken
    | problems.DuplicateSku
    | problems.UnknownCurrency
    | problems.AmountOutOfRange
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProducts200(Answer):
    """A page of products."""

    status: ClassVar[int] = 200
    body: models.ProductPage


ListProductsResult: TypeAlias = ListProducts200


@dataclass(frozen=True, slots=True, kw_only=True)
class GetProduct200(Answer):
    """The product."""

    status: ClassVar[int] = 200
    body: models.Product


GetProductResult: TypeAlias = GetProduct200 | problems.ProductNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class AddVariant201(Answer):
    """The variant."""

    status: ClassVar[int] = 201
    body: models.Variant
    etag: str
    location: str


AddVariantResult: TypeAlias = (
    AddVariant201
    | problems.ProductNotFound
    | problems.SkuTaken
    | problems.UnknownCurrency
    | problems.AmountOutOfRange
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListVariants200(Answer):
    """A page of variants."""

    status: ClassVar[int] = 200
    body: models.VariantPage


ListVariantsResult: TypeAlias = ListVariants200


@dataclass(frozen=True, slots=True, kw_only=True)
class GetVariant200(Answer):
    """The variant."""

    status: ClassVar[int] = 200
    body: models.Variant
    etag: str


GetVariantResult: TypeAlias = GetVariant200 | problems.VariantNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPrice200(Answer):
    """The variant with its new price."""

    status: ClassVar[int] = 200
    body: models.Variant
    etag: str


SetPriceResult: TypeAlias = (
    SetPrice200
    | problems.VariantNotFound
    | problems.VersionMismatch
    | problems.UnknownCurrency
    | problems.AmountOutOfRange
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPrices200(Answer):
    """The variant with its new prices."""

    status: ClassVar[int] = 200
    body: models.Variant
    etag: str


SetPricesResult: TypeAlias = (
    SetPrices200
    | problems.VariantNotFound
    | problems.VersionMismatch
    | problems.UnknownCurrency
    | problems.AmountOutOfRange
    | problems.InvalidValidity
)


class CatalogApi(ABC):
    """One method for each operation; catalog implements all of them."""

    @abstractmethod
    async def create_product(self, call: Call, body: models.CreateProduct) -> CreateProductResult:
        """Create a product with its variants."""

    @abstractmethod
    async def list_products(
        self, call: Call, *, cursor: str | None, limit: int
    ) -> ListProductsResult:
        """List products, oldest first."""

    @abstractmethod
    async def get_product(self, call: Call, *, product_id: UUID) -> GetProductResult:
        """Get a product."""

    @abstractmethod
    async def add_variant(
        self, call: Call, body: models.CreateVariant, *, product_id: UUID
    ) -> AddVariantResult:
        """Add a variant to a product."""

    @abstractmethod
    async def list_variants(
        self, call: Call, *, cursor: str | None, limit: int
    ) -> ListVariantsResult:
        """List variants by SKU."""

    @abstractmethod
    async def get_variant(self, call: Call, *, sku: shared.Sku) -> GetVariantResult:
        """Get a variant."""

    @abstractmethod
    async def set_price(
        self, call: Call, body: models.SetPrice, *, sku: shared.Sku, if_match: str
    ) -> SetPriceResult:
        """Set the price of a variant in one currency.

        The price is valid at once and without an end. It replaces all prices of the variant
        in its currency; those in other currencies stay. Orders that were already placed keep
        their price.
        """

    @abstractmethod
    async def set_prices(
        self, call: Call, body: models.SetPrices, *, sku: shared.Sku, if_match: str
    ) -> SetPricesResult:
        """Set all prices of a variant.

        The prices replace those that the variant has: one for each currency, or several that
        are valid one after another, such as a price for a week and the one after it. Orders
        that were already placed keep their price.
        """


CURSOR: Final = Parameter(
    name="cursor",
    place="query",
    argument="cursor",
    type=Annotated[str, Field(min_length=1, max_length=512)],
)
IF_MATCH: Final = Parameter(
    name="If-Match", place="header", argument="if_match", type=str, required=True
)
LIMIT: Final = Parameter(
    name="limit",
    place="query",
    argument="limit",
    type=Annotated[int, Field(ge=1, le=500)],
    default=50,
)
PRODUCT_ID: Final = Parameter(
    name="product_id", place="path", argument="product_id", type=UUID, required=True
)
SKU: Final = Parameter(name="sku", place="path", argument="sku", type=shared.Sku, required=True)

OPERATIONS: Final = (
    Operation(
        id="create_product",
        method="POST",
        path="/v1/products",
        scopes=("catalog:write",),
        idempotent=True,
        body=models.CreateProduct,
        body_limit_bytes=262_144,
        answers=(
            CreateProduct201,
            problems.SkuTaken,
            problems.DuplicateSku,
            problems.UnknownCurrency,
            problems.AmountOutOfRange,
        ),
        tags=("catalog",),
    ),
    Operation(
        id="list_products",
        method="GET",
        path="/v1/products",
        scopes=("catalog:read",),
        parameters=(CURSOR, LIMIT),
        answers=(ListProducts200,),
        tags=("catalog",),
    ),
    Operation(
        id="get_product",
        method="GET",
        path="/v1/products/{product_id}",
        scopes=("catalog:read",),
        parameters=(PRODUCT_ID,),
        answers=(GetProduct200, problems.ProductNotFound),
        tags=("catalog",),
    ),
    Operation(
        id="add_variant",
        method="POST",
        path="/v1/products/{product_id}/variants",
        scopes=("catalog:write",),
        idempotent=True,
        body=models.CreateVariant,
        body_limit_bytes=16_384,
        parameters=(PRODUCT_ID,),
        answers=(
            AddVariant201,
            problems.ProductNotFound,
            problems.SkuTaken,
            problems.UnknownCurrency,
            problems.AmountOutOfRange,
        ),
        tags=("catalog",),
    ),
    Operation(
        id="list_variants",
        method="GET",
        path="/v1/variants",
        scopes=("catalog:read",),
        parameters=(CURSOR, LIMIT),
        answers=(ListVariants200,),
        tags=("catalog",),
    ),
    Operation(
        id="get_variant",
        method="GET",
        path="/v1/variants/{sku}",
        scopes=("catalog:read",),
        parameters=(SKU,),
        answers=(GetVariant200, problems.VariantNotFound),
        tags=("catalog",),
    ),
    Operation(
        id="set_price",
        method="PUT",
        path="/v1/variants/{sku}/price",
        scopes=("catalog:write",),
        body=models.SetPrice,
        body_limit_bytes=16_384,
        parameters=(SKU, IF_MATCH),
        answers=(
            SetPrice200,
            problems.VariantNotFound,
            problems.VersionMismatch,
            problems.UnknownCurrency,
            problems.AmountOutOfRange,
        ),
        tags=("catalog",),
    ),
    Operation(
        id="set_prices",
        method="PUT",
        path="/v1/variants/{sku}/prices",
        scopes=("catalog:write",),
        body=models.SetPrices,
        body_limit_bytes=16_384,
        parameters=(SKU, IF_MATCH),
        answers=(
            SetPrices200,
            problems.VariantNotFound,
            problems.VersionMismatch,
            problems.UnknownCurrency,
            problems.AmountOutOfRange,
            problems.InvalidValidity,
        ),
        tags=("catalog",),
    ),
)
"""What the runtime has to know to serve each of them."""
