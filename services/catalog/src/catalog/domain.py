"""Products and their variants."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from catalog.prices import DatedPrice


@dataclass(frozen=True, slots=True)
class Draft:
    """A new variant of a product."""

    sku: str
    name: str | None
    price: DatedPrice


@dataclass(frozen=True, slots=True)
class Variant:
    """The unit of pricing and stock. `version` counts its changes, from 1."""

    sku: str
    product_id: UUID
    name: str | None
    prices: tuple[DatedPrice, ...]
    version: int


@dataclass(frozen=True, slots=True)
class Product:
    """A product with its variants, in the order in which they were added."""

    product_id: UUID
    name: str
    description: str | None
    variants: tuple[Variant, ...]
    created_at: datetime


def first_duplicate(skus: Iterable[str]) -> str | None:
    """Return the first SKU that occurs a second time, if any."""
    seen: set[str] = set()
    for sku in skus:
        if sku in seen:
            return sku
        seen.add(sku)
    return None


def first_version(product_id: UUID, draft: Draft) -> Variant:
    """Return version 1 of a variant."""
    return Variant(draft.sku, product_id, draft.name, (draft.price,), version=1)


def full_name(product_name: str, variant_name: str | None) -> str:
    """Return the name of a variant with that of its product: `T-Light Holder, White`."""
    return product_name if variant_name is None else f"{product_name}, {variant_name}"


def etag(variant: Variant) -> str:
    """Return the entity tag of a variant's version, in its quotes (RFC 9110, section 8.8.3)."""
    return f'"{variant.version}"'
