"""Set the unit prices of a variant."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from catalog.contract.problems import InvalidValidity, VariantNotFound, VersionMismatch
from catalog.domain import Variant, etag
from catalog.prices import (
    DatedPrice,
    ImpossiblePrice,
    check_price,
    check_prices,
    replace_currency,
)
from catalog.publish import publish_prices
from catalog.store import lock_variant, write_prices
from waybill.http.entity_tags import if_match_holds
from waybill.postgres import Transaction

Changed: TypeAlias = Variant | VariantNotFound | VersionMismatch


async def set_price(
    tx: Transaction, sku: str, price: DatedPrice, *, if_match: str, now: datetime
) -> Changed | ImpossiblePrice:
    """Make it the only price in its currency if `if_match` holds; return the variant."""
    impossible = check_price(price, "/price")
    if impossible is not None:
        return impossible
    return await _change(
        tx, sku, lambda prices: replace_currency(prices, price), if_match=if_match, now=now
    )


async def set_prices(
    tx: Transaction, sku: str, prices: Sequence[DatedPrice], *, if_match: str, now: datetime
) -> Changed | ImpossiblePrice | InvalidValidity:
    """Replace all prices of a variant if `if_match` holds; return the variant."""
    impossible = check_prices(prices)
    if impossible is not None:
        return impossible
    return await _change(tx, sku, lambda _: tuple(prices), if_match=if_match, now=now)


async def _change(
    tx: Transaction,
    sku: str,
    change: Callable[[tuple[DatedPrice, ...]], tuple[DatedPrice, ...]],
    *,
    if_match: str,
    now: datetime,
) -> Changed:
    current = await lock_variant(tx, sku)
    if current is None:
        return VariantNotFound(detail=f"The variant {sku} does not exist.")
    if not if_match_holds(if_match, etag(current)):
        return VersionMismatch(
            detail=f"The version of {sku} is {etag(current)}, not {if_match}. Read it again."
        )
    changed = replace(current, prices=change(current.prices), version=current.version + 1)
    await write_prices(tx, changed, now)
    publish_prices(tx, changed)
    return changed
