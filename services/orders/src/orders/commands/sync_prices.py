"""Updates the copy of the catalogue's prices."""

from collections.abc import Iterable

from orders import store
from orders.contract.received import PriceChanged, VariantAdded
from waybill.postgres import Transaction


async def sync_prices(tx: Transaction, changes: Iterable[VariantAdded | PriceChanged]) -> None:
    """Store the prices whose version is newer than the stored one."""
    newest: dict[str, VariantAdded | PriceChanged] = {}
    for price in changes:
        known = newest.get(price.sku)
        if known is None or known.version < price.version:
            newest[price.sku] = price
    # Sorted, so that two replicas lock common rows in the same order.
    rows = [
        store.PriceRow(
            sku=price.sku,
            amount_minor=price.price.amount_minor,
            currency=price.price.currency,
            version=price.version,
        )
        for price in (newest[sku] for sku in sorted(newest))
    ]
    await store.upsert_prices(tx, rows)
