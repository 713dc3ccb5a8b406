"""Publishes new variants to the other services."""

from collections.abc import Iterable

from catalog.contract.events import send
from catalog.contract.sent import VariantAdded
from catalog.domain import Variant, full_name
from waybill.postgres import Transaction


def publish_added(tx: Transaction, product_name: str, variants: Iterable[Variant]) -> None:
    """Publish VariantAdded for each of a product's new variants."""
    for variant in variants:
        event = VariantAdded(
            sku=variant.sku,
            product_id=variant.product_id,
            name=full_name(product_name, variant.name),
            price=variant.price,
            version=variant.version,
        )
        send(tx, event)
