"""The catalogue over HTTP."""

from typing import Final
from urllib.parse import quote
from uuid import UUID

from pydantic import MISSING
from typing_extensions import override

from catalog import queries
from catalog.commands.add_variant import add_variant
from catalog.commands.create_product import create_product
from catalog.commands.set_price import set_price, set_prices
from catalog.contract import api, models
from catalog.contract.problems import ProductNotFound, VariantNotFound
from catalog.contract.shared import DatedPriceInput, PriceInput
from catalog.domain import Draft, Product, Variant, etag
from catalog.prices import DatedPrice
from catalog.publish import prices_of
from waybill.clock import Clock
from waybill.http import Call
from waybill.http.pages import Cursor, split_page
from waybill.http.problems import Problem
from waybill.postgres import Database, Transaction

_PRODUCTS: Final = Cursor(UUID)
_VARIANTS: Final = Cursor(str)


class Api(api.CatalogApi):
    """Serves the contract from one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @override
    async def create_product(
        self, call: Call, body: models.CreateProduct
    ) -> api.CreateProductResult:
        async def run(tx: Transaction) -> api.CreateProductResult:
            description = None if body.description is MISSING else body.description
            drafts = [_draft(variant) for variant in body.variants]
            created = await create_product(
                tx, body.name, description, drafts, now=self._clock.now()
            )
            if isinstance(created, Problem):
                return created
            location = f"/v1/products/{created.product_id}"
            return api.CreateProduct201(body=_product(created), location=location)

        return await call.idempotent(self._database, run)

    @override
    async def list_products(
        self, call: Call, *, cursor: str | None, limit: int
    ) -> api.ListProductsResult:
        after = _PRODUCTS.decode(cursor)
        async with self._database.connection() as connection:
            products, has_more = await queries.list_products(connection, after, limit)
        return api.ListProducts200(
            body=models.ProductPage(
                items=[_product(product) for product in products],
                next_cursor=_PRODUCTS.encode(products[-1].product_id) if has_more else None,
            )
        )

    @override
    async def get_product(self, call: Call, *, product_id: UUID) -> api.GetProductResult:
        async with self._database.connection() as connection:
            product = await queries.find_product(connection, product_id)
        if product is None:
            return ProductNotFound(detail=f"The product {product_id} does not exist.")
        return api.GetProduct200(body=_product(product))

    @override
    async def add_variant(
        self, call: Call, body: models.CreateVariant, *, product_id: UUID
    ) -> api.AddVariantResult:
        async def run(tx: Transaction) -> api.AddVariantResult:
            added = await add_variant(tx, product_id, _draft(body), now=self._clock.now())
            if isinstance(added, Problem):
                return added
            location = f"/v1/variants/{quote(added.sku)}"
            return api.AddVariant201(body=_variant(added), etag=etag(added), location=location)

        return await call.idempotent(self._database, run)

    @override
    async def list_variants(
        self, call: Call, *, cursor: str | None, limit: int
    ) -> api.ListVariantsResult:
        after = _VARIANTS.decode(cursor)
        async with self._database.connection() as connection:
            found = await queries.list_variants(connection, after, limit + 1)
        variants, last = split_page(found, limit)
        return api.ListVariants200(
            body=models.VariantPage(
                items=[_variant(variant) for variant in variants],
                next_cursor=_VARIANTS.encode(last.sku) if last else None,
            )
        )

    @override
    async def get_variant(self, call: Call, *, sku: str) -> api.GetVariantResult:
        async with self._database.connection() as connection:
            variant = await queries.find_variant(connection, sku)
        if variant is None:
            return VariantNotFound(detail=f"The variant {sku} does not exist.")
        return api.GetVariant200(body=_variant(variant), etag=etag(variant))

    @override
    async def set_price(
        self, call: Call, body: models.SetPrice, *, sku: str, if_match: str
    ) -> api.SetPriceResult:
        async def run(tx: Transaction) -> api.SetPriceResult:
            changed = await set_price(
                tx, sku, _price(body.price), if_match=if_match, now=self._clock.now()
            )
            if isinstance(changed, Problem):
                return changed
            return api.SetPrice200(body=_variant(changed), etag=etag(changed))

        return await call.transact(self._database, run)

    @override
    async def set_prices(
        self, call: Call, body: models.SetPrices, *, sku: str, if_match: str
    ) -> api.SetPricesResult:
        prices = list(map(_dated_price, body.prices))

        async def run(tx: Transaction) -> api.SetPricesResult:
            changed = await set_prices(tx, sku, prices, if_match=if_match, now=self._clock.now())
            if isinstance(changed, Problem):
                return changed
            return api.SetPrices200(body=_variant(changed), etag=etag(changed))

        return await call.transact(self._database, run)


def _draft(variant: models.CreateVariant) -> Draft:
    name = None if variant.name is MISSING else variant.name
    return Draft(variant.sku, name, _price(variant.price))


def _price(price: PriceInput) -> DatedPrice:
    return DatedPrice(price.amount_minor, price.currency)


def _dated_price(price: DatedPriceInput) -> DatedPrice:
    return DatedPrice(
        amount_minor=price.amount_minor,
        currency=price.currency,
        valid_from=None if price.valid_from is MISSING else price.valid_from,
        valid_until=None if price.valid_until is MISSING else price.valid_until,
    )


def _variant(variant: Variant) -> models.Variant:
    return models.Variant(
        sku=variant.sku,
        product_id=variant.product_id,
        name=MISSING if variant.name is None else variant.name,
        prices=prices_of(variant),
        version=variant.version,
    )


def _product(product: Product) -> models.Product:
    return models.Product(
        product_id=product.product_id,
        name=product.name,
        description=MISSING if product.description is None else product.description,
        variants=[_variant(variant) for variant in product.variants],
        created_at=product.created_at,
    )
