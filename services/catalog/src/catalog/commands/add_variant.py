"""Add a variant to a product."""

from datetime import datetime
from uuid import UUID

from catalog.contract.problems import ProductNotFound, SkuTaken
from catalog.domain import Draft, Variant, first_version
from catalog.prices import ImpossiblePrice, check_price
from catalog.publish import publish_added
from catalog.store import insert_variants, lock_product
from waybill.postgres import Transaction


async def add_variant(
    tx: Transaction, product_id: UUID, draft: Draft, *, now: datetime
) -> Variant | ProductNotFound | SkuTaken | ImpossiblePrice:
    """Return the new variant, the last one of its product."""
    invalid = check_price(draft.price, "/price")
    if invalid is not None:
        return invalid
    product_name = await lock_product(tx, product_id)
    if product_name is None:
        return ProductNotFound(detail=f"The product {product_id} does not exist.")
    variant = first_version(product_id, draft)
    taken = await insert_variants(tx, product_id, [variant], now)
    if taken is not None:
        return SkuTaken(detail=f"The SKU {taken} already exists.", sku=taken)
    publish_added(tx, product_name, [variant])
    return variant
