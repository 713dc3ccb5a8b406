"""Products, their variants and the unit prices of variants."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from catalog.contract.problems import AmountOutOfRange, UnknownCurrency
from catalog.contract.shared import Price
from waybill.money import Money, is_currency, price_max

InvalidPrice: TypeAlias = UnknownCurrency | AmountOutOfRange


@dataclass(frozen=True, slots=True)
class Draft:
    """A new variant of a product."""

    sku: str
    name: str | None
    price: Price


@dataclass(frozen=True, slots=True)
class Variant:
    """The unit of pricing and stock. `version` counts its changes, from 1."""

    sku: str
    product_id: UUID
    name: str | None
    price: Price
    version: int


@dataclass(frozen=True, slots=True)
class Product:
    """A product with its variants, in the order in which they were added."""

    product_id: UUID
    name: str
    description: str | None
    variants: tuple[Variant, ...]
    created_at: datetime


def check_price(price: Price, pointer: str) -> InvalidPrice | None:
    """Return what is wrong with a price, which the request has at `pointer`; None for nothing."""
    if not is_currency(price.currency):
        return UnknownCurrency(
            detail=f"{price.currency} is not the code of a currency in ISO 4217.",
            pointer=f"{pointer}/currency",
            currency=price.currency,
        )
    highest = Money(price_max(price.currency), price.currency)
    if price.amount_minor > highest.amount_minor:
        asked = Money(price.amount_minor, price.currency)
        return AmountOutOfRange(
            detail=f"A price is at most {highest}, not {asked}.",
            pointer=f"{pointer}/amount_minor",
            amount_max_minor=highest.amount_minor,
            currency=price.currency,
        )
    return None


def check_prices(drafts: Sequence[Draft]) -> InvalidPrice | None:
    """Return the first thing that is wrong with the prices of the new variants of a product."""
    checked = (
        check_price(draft.price, f"/variants/{number}/price") for number, draft in enumerate(drafts)
    )
    return next((fault for fault in checked if fault), None)


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
    return Variant(draft.sku, product_id, draft.name, draft.price, version=1)


def full_name(product_name: str, variant_name: str | None) -> str:
    """Return the name of a variant with that of its product: `T-Light Holder, White`."""
    return product_name if variant_name is None else f"{product_name}, {variant_name}"


def etag(variant: Variant) -> str:
    """Return the entity tag of a variant's version, in its quotes (RFC 9110, section 8.8.3)."""
    return f'"{variant.version}"'
