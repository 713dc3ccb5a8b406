"""Reads of the catalog service."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final
from uuid import UUID

import asyncpg

from catalog.domain import Product, Variant
from catalog.prices import DatedPrice
from waybill.http.pages import PARTS_MAX, whole_items
from waybill.postgres import Connection

VARIANTS: Final = """
    select sku, product_id, name, version, amounts, currencies, starts, ends
    from variants join lateral (
        select array_agg(amount_minor order by number) as amounts,
            array_agg(currency order by number) as currencies,
            array_agg(valid_from order by number) as starts,
            array_agg(valid_until order by number) as ends
        from prices where prices.sku = variants.sku
    ) as priced on true
"""
_PRODUCTS: Final = """
    select product_id, name, description, created_at from products
"""
_VARIANT: Final = VARIANTS + "where sku = $1"
_VARIANT_PAGE: Final = VARIANTS + "where ($1::text is null or sku > $1) order by sku limit $2"
_VARIANTS_OF: Final = VARIANTS + "where product_id = any($1) order by product_id, number"
_VARIANTS_OF_PAGE: Final = _VARIANTS_OF + " limit $2"
_PRODUCT: Final = _PRODUCTS + "where product_id = $1"
_PRODUCT_PAGE: Final = (
    _PRODUCTS + "where ($1::uuid is null or product_id > $1) order by product_id limit $2"
)


def variant_of(row: asyncpg.Record) -> Variant:
    """Map a row of VARIANTS."""
    return Variant(
        row["sku"],
        row["product_id"],
        row["name"],
        tuple(map(DatedPrice, row["amounts"], row["currencies"], row["starts"], row["ends"])),
        row["version"],
    )


async def find_variant(connection: Connection, sku: str) -> Variant | None:
    """Read one variant."""
    row = await connection.fetchrow(_VARIANT, sku)
    return None if row is None else variant_of(row)


async def list_variants(connection: Connection, after: str | None, limit: int) -> list[Variant]:
    """Read at most `limit` variants by SKU, from the first SKU after `after`."""
    return [variant_of(row) for row in await connection.fetch(_VARIANT_PAGE, after, limit)]


async def find_product(connection: Connection, product_id: UUID) -> Product | None:
    """Read one product with its variants."""
    products = await connection.fetch(_PRODUCT, product_id)
    found = _with_variants(products, await connection.fetch(_VARIANTS_OF, [product_id]))
    return found[0] if found else None


async def list_products(
    connection: Connection, after: UUID | None, limit: int
) -> tuple[list[Product], bool]:
    """Read a page of products, oldest first, and whether more follow; it begins after `after`.

    A page has at most `limit` products, and fewer when they have many variants.
    """
    rows = await connection.fetch(_PRODUCT_PAGE, after, limit + 1)
    ids = [row["product_id"] for row in rows[:limit]]
    variants = await connection.fetch(_VARIANTS_OF_PAGE, ids, PARTS_MAX + 1)
    page = whole_items(rows[:limit], variants, "product_id")
    if rows and not page:  # more variants were added to the first product than a page may have
        page, variants = rows[:1], await connection.fetch(_VARIANTS_OF, ids[:1])
    return _with_variants(page, variants), len(page) < len(rows)


def _with_variants(
    products: Iterable[asyncpg.Record], of_variants: Iterable[asyncpg.Record]
) -> list[Product]:
    variants: defaultdict[UUID, list[Variant]] = defaultdict(list)
    for row in of_variants:
        variants[row["product_id"]].append(variant_of(row))
    return [
        Product(
            row["product_id"],
            row["name"],
            row["description"],
            tuple(variants[row["product_id"]]),
            row["created_at"],
        )
        for row in products
    ]
