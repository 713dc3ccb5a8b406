"""Set the unit price of a variant."""

from dataclasses import replace
from datetime import datetime

from catalog.contract.events import send
from catalog.contract.problems import VariantNotFound, VersionMismatch
from catalog.contract.sent import PriceChanged
from catalog.contract.shared import Price
from catalog.domain import InvalidPrice, Variant, check_price, etag
from catalog.store import lock_variant, write_price
from waybill.http.entity_tags import if_match_holds
from waybill.postgres import Transaction


async def set_price(
    tx: Transaction, sku: str, price: Price, *, if_match: str, now: datetime
) -> Variant | VariantNotFound | VersionMismatch | InvalidPrice:
    """Set the price if `if_match` holds for the current version; return the variant."""
    invalid = check_price(price, "/price")
    if invalid is not None:
        return invalid
    current = await lock_variant(tx, sku)
    if current is None:
        return VariantNotFound(detail=f"The variant {sku} does not exist.")
    if not if_match_holds(if_match, etag(current)):
        return VersionMismatch(
            detail=f"The version of {sku} is {etag(current)}, not {if_match}. Read it again."
        )
    changed = replace(current, price=price, version=current.version + 1)
    await write_price(tx, changed, now)
    send(tx, PriceChanged(sku=sku, price=price, version=changed.version))
    return changed
