"""Updates the copy of the catalogue's prices."""

from collections.abc import Iterable, Sequence

from pydantic import MISSING

from orders import store
from orders.contract.received import PriceChanged, VariantAdded
from orders.contract.shared import DatedPrice as ReceivedPrice
from orders.price_lists import DatedPrice, PriceList
from waybill.money import Money, is_currency
from waybill.postgres import Transaction


async def sync_prices(tx: Transaction, changes: Iterable[VariantAdded | PriceChanged]) -> None:
    """Store the price lists whose version is newer than the stored one."""
    newest: dict[str, VariantAdded | PriceChanged] = {}
    for change in changes:
        known = newest.get(change.sku)
        if known is None or known.version < change.version:
            newest[change.sku] = change
    # Sorted, so that two replicas lock common rows in the same order.
    await store.write_price_lists(tx, {sku: _list_of(newest[sku]) for sku in sorted(newest)})


def _list_of(change: VariantAdded | PriceChanged) -> PriceList:
    """Return a list without what no order can be in: an earlier release took any three capitals."""
    prices = tuple(_price(each) for each in _prices(change) if is_currency(each.currency))
    return PriceList(change.version, prices)


def _prices(change: VariantAdded | PriceChanged) -> Sequence[ReceivedPrice]:
    if change.prices is not MISSING:
        return change.prices
    if change.price is MISSING:
        return ()
    return (
        ReceivedPrice(
            amount_minor=change.price.amount_minor,
            currency=change.price.currency,
            valid_from=MISSING,
            valid_until=MISSING,
        ),
    )


def _price(price: ReceivedPrice) -> DatedPrice:
    return DatedPrice(
        Money(price.amount_minor, price.currency),
        None if price.valid_from is MISSING else price.valid_from,
        None if price.valid_until is MISSING else price.valid_until,
    )
