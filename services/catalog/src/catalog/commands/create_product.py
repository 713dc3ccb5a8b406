"""Create a product with its variants."""

from collections.abc import Sequence
from datetime import datetime

from catalog.contract.problems import DuplicateSku, SkuTaken
from catalog.domain import (
    Draft,
    Product,
    first_duplicate,
    first_version,
)
from catalog.prices import ImpossiblePrice, first_fault
from catalog.publish import publish_added
from catalog.store import insert_product, insert_variants
from waybill.ids import uuid7
from waybill.postgres import Transaction


async def create_product(
    tx: Transaction,
    name: str,
    description: str | None,
    drafts: Sequence[Draft],
    *,
    now: datetime,
) -> Product | DuplicateSku | SkuTaken | ImpossiblePrice:
    """Return the new product. After a problem the caller must roll back."""
    duplicate = first_duplicate(draft.sku for draft in drafts)
    if duplicate is not None:
        return DuplicateSku(
            detail=f"The product contains the SKU {duplicate} twice.", sku=duplicate
        )
    prices = ((f"/variants/{at}/price", draft.price) for at, draft in enumerate(drafts))
    invalid = first_fault(prices)
    if invalid is not None:
        return invalid
    product_id = uuid7()
    variants = tuple(first_version(product_id, draft) for draft in drafts)
    product = Product(product_id, name, description, variants, now)
    await insert_product(tx, product)
    taken = await insert_variants(tx, product_id, variants, now)
    if taken is not None:
        return SkuTaken(detail=f"The SKU {taken} already exists.", sku=taken)
    publish_added(tx, name, variants)
    return product
