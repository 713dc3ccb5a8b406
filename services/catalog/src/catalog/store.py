"""Writes of the catalog service."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from catalog.domain import Product, Variant
from catalog.queries import VARIANTS, variant_of
from waybill.postgres import Transaction
from waybill.postgres.rows import Rows


class _VariantRow(NamedTuple):
    sku: str
    name: str | None
    version: int


class _PriceRow(NamedTuple):
    sku: str
    number: int
    currency: str
    amount_minor: int
    valid_from: datetime | None
    valid_until: datetime | None


_VARIANTS: Final = Rows(_VariantRow)
_PRICES: Final = Rows(_PriceRow)

_INSERT_PRODUCT: Final = """
    insert into products (product_id, name, description, created_at) values ($1, $2, $3, $4)
"""
# Sorted by SKU: two requests that add the same SKUs in different orders cannot deadlock.
_INSERT_VARIANTS: Final = _VARIANTS.statement("""
    insert into variants ({columns}, product_id, number, updated_at)
    select {columns}, $1, number + coalesce(
            (select max(number) from variants where variants.product_id = $1), 0
        ), $2
    from {rows} with ordinality as variant ({columns}, number)
    order by sku collate "C"
    on conflict (sku) do nothing
    returning sku
""")
_LOCK_PRODUCT: Final = """
    select name from products where product_id = $1 for no key update
"""
_INSERT_PRICES: Final = _PRICES.insert("prices")
_DELETE_PRICES: Final = "delete from prices where sku = $1"
# Reads the prices by a statement that begins when the row is locked, so they are the last ones.
_LOCK_VARIANT: Final = "select from variants where sku = $1 for no key update"
_VARIANT: Final = VARIANTS + "where sku = $1"
_SET_VERSION: Final = "update variants set version = $2, updated_at = $3 where sku = $1"


async def insert_product(tx: Transaction, product: Product) -> None:
    """Insert a new product, without its variants."""
    await tx.execute(
        _INSERT_PRODUCT,
        product.product_id,
        product.name,
        product.description,
        product.created_at,
    )


async def insert_variants(
    tx: Transaction, product_id: UUID, variants: Sequence[Variant], now: datetime
) -> str | None:
    """Insert new variants after those of their product, which the caller created or locked.

    Returns a SKU that already exists, and then the caller must roll back; None when all were
    inserted.
    """
    new = [
        _VariantRow(sku=variant.sku, name=variant.name, version=variant.version)
        for variant in variants
    ]
    rows = await tx.fetch(_INSERT_VARIANTS, product_id, now, *_VARIANTS.arrays(new))
    written = {row["sku"] for row in rows}
    taken = next((variant.sku for variant in variants if variant.sku not in written), None)
    if taken is None:
        await tx.enqueue(*_INSERT_PRICES.bind(_price_rows(variants)))
    return taken


async def lock_product(tx: Transaction, product_id: UUID) -> str | None:
    """Lock a product and return its name; None when it does not exist."""
    name: str | None = await tx.fetchval(_LOCK_PRODUCT, product_id)
    return name


async def lock_variant(tx: Transaction, sku: str) -> Variant | None:
    """Lock a variant and return it; None when it does not exist."""
    if await tx.fetchrow(_LOCK_VARIANT, sku) is None:
        return None
    row = await tx.fetchrow(_VARIANT, sku)
    return None if row is None else variant_of(row)


async def write_prices(tx: Transaction, variant: Variant, now: datetime) -> None:
    """Replace the prices, and the version, of a variant that the caller has locked."""
    await tx.execute(_DELETE_PRICES, variant.sku)
    await tx.enqueue(*_INSERT_PRICES.bind(_price_rows([variant])))
    await tx.enqueue(_SET_VERSION, variant.sku, variant.version, now)


def _price_rows(variants: Sequence[Variant]) -> list[_PriceRow]:
    return [
        _PriceRow(
            sku=variant.sku,
            number=number,
            currency=price.currency,
            amount_minor=price.amount_minor,
            valid_from=price.valid_from,
            valid_until=price.valid_until,
        )
        for variant in variants
        for number, price in enumerate(variant.prices, start=1)
    ]
