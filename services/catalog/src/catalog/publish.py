"""Publishes new variants and prices to the other services."""

from collections.abc import Iterable

from pydantic import MISSING

from catalog.contract import shared
from catalog.contract.events import send
from catalog.contract.sent import PriceChanged, VariantAdded
from catalog.domain import Variant, full_name
from waybill.postgres import Transaction


def publish_added(tx: Transaction, product_name: str, variants: Iterable[Variant]) -> None:
    """Publish VariantAdded for each of a product's new variants."""
    for variant in variants:
        event = VariantAdded(
            sku=variant.sku,
            product_id=variant.product_id,
            name=full_name(product_name, variant.name),
            price=_only_price(variant),
            prices=prices_of(variant),
            version=variant.version,
        )
        send(tx, event)


def publish_prices(tx: Transaction, variant: Variant) -> None:
    """Publish PriceChanged for a variant with its new prices."""
    event = PriceChanged(
        sku=variant.sku,
        price=_only_price(variant),
        prices=prices_of(variant),
        version=variant.version,
    )
    send(tx, event)


def prices_of(variant: Variant) -> list[shared.DatedPrice]:
    """Return the prices of a variant, as its events and responses have them."""
    return [
        shared.DatedPrice(
            amount_minor=price.amount_minor,
            currency=price.currency,
            valid_from=MISSING if price.valid_from is None else price.valid_from,
            valid_until=MISSING if price.valid_until is None else price.valid_until,
        )
        for price in variant.prices
    ]


def _only_price(variant: Variant) -> shared.Price | MISSING:
    """Return the price for receivers of release 0.1, which know one that is always valid."""
    if len(variant.prices) > 1:
        return MISSING
    [price] = variant.prices
    if price.valid_from or price.valid_until:
        return MISSING
    return shared.Price(amount_minor=price.amount_minor, currency=price.currency)
