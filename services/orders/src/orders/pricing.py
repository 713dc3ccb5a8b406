"""The rules for accepting an order: each line has a price, and the customer saw no lower total."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from pydantic import MISSING

from orders.contract.models import PlaceOrder, PlaceOrderLine
from orders.contract.problems import (
    AmountOutOfRange,
    CurrencyMismatch,
    EmptyOrder,
    PriceChanged,
    QuantityOutOfRange,
    UnknownCurrency,
    UnknownSku,
)
from orders.price_lists import PriceList
from orders.totals import NOTHING, Amounts, Line, total_of
from waybill.money import Money, is_currency, total_max

QUANTITY_MAX: Final = 10_000
"""More than three times the largest quantity of a SKU in our order history (2,880)."""

PRICES_INCLUDE_TAX: Final = True
"""Prices are what customers pay. No tax is computed yet."""

Unacceptable: TypeAlias = (
    EmptyOrder
    | UnknownCurrency
    | UnknownSku
    | CurrencyMismatch
    | PriceChanged
    | QuantityOutOfRange
    | AmountOutOfRange
)


@dataclass(frozen=True, slots=True)
class PricedOrder:
    """The lines of an order that is acceptable, and what it costs."""

    lines: tuple[Line, ...]
    shipping: Amounts
    amounts: Amounts
    prices_include_tax: bool


def price_order(
    wanted: PlaceOrder, lists: Mapping[str, PriceList], at: datetime
) -> PricedOrder | Unacceptable:
    """Return what an order costs at an instant, or the problem that makes it unacceptable."""
    lines = _price_lines(wanted.lines, wanted.currency, lists, at)
    if not isinstance(lines, tuple):
        return lines
    amounts = total_of(lines, NOTHING, prices_include_tax=PRICES_INCLUDE_TAX)
    fault = _check_total(wanted, amounts)
    return fault or PricedOrder(lines, NOTHING, amounts, PRICES_INCLUDE_TAX)


def _price_lines(
    wanted: Sequence[PlaceOrderLine],
    currency: str,
    lists: Mapping[str, PriceList],
    at: datetime,
) -> tuple[Line, ...] | Unacceptable:
    if not wanted:
        return EmptyOrder(detail="An order needs at least one line.")
    if not is_currency(currency):
        return UnknownCurrency(
            detail=f"{currency} is not the code of a currency in ISO 4217.",
            pointer="/currency",
            currency=currency,
        )
    lines: list[Line] = []
    for number, line in enumerate(wanted):
        priced = _price_line(line, f"/lines/{number}", currency, lists.get(line.sku), at)
        if not isinstance(priced, Line):
            return priced
        lines.append(priced)
    return tuple(lines)


def _check_total(wanted: PlaceOrder, amounts: Amounts) -> AmountOutOfRange | PriceChanged | None:
    total, currency = amounts.gross_minor, wanted.currency
    highest = total_max(currency)
    if total > highest:
        return AmountOutOfRange(
            detail=f"An order is at most {Money(highest, currency)}, not {Money(total, currency)}."
            " Divide it.",
            pointer="/lines",
            amount_max_minor=highest,
            currency=currency,
        )
    seen = wanted.expected_total
    if seen is MISSING or (seen.currency == currency and seen.amount_minor >= total):
        return None
    return PriceChanged(
        detail=f"The order costs {Money(total, currency)} now, more than expected_total. Show the "
        "customer the new total, and expect this one in the next attempt.",
        pointer="/expected_total",
        amount_minor=total,
        currency=currency,
    )


def _price_line(
    line: PlaceOrderLine, pointer: str, currency: str, known: PriceList | None, at: datetime
) -> Line | Unacceptable:
    if not 1 <= line.quantity <= QUANTITY_MAX:
        return QuantityOutOfRange(
            detail=f"A line takes from 1 to {QUANTITY_MAX} units, not {line.quantity}.",
            pointer=f"{pointer}/quantity",
            quantity_max=QUANTITY_MAX,
        )
    if known is None:
        return UnknownSku(
            detail=f"The catalogue has no SKU {line.sku}. A new SKU can be ordered within a "
            "second after it was added; list_prices lists all that can be ordered.",
            sku=line.sku,
            pointer=f"{pointer}/sku",
        )
    price = known.price_in(currency, at)
    if price is None:
        others = known.currencies_at(at)
        shown = f"has prices in {', '.join(others)}" if others else "has no price at all"
        return CurrencyMismatch(
            detail=f"{line.sku} {shown} now, the order is in {currency}.",
            sku=line.sku,
            pointer=f"{pointer}/sku",
            price_currencies=list(others),
        )
    expected = line.expected_unit_price
    if expected is not MISSING and (
        expected.currency != currency or expected.amount_minor != price.amount_minor
    ):
        return PriceChanged(
            detail=f"The price of {line.sku} is {price} now, not expected_unit_price. Show the "
            "customer the new price, and expect this one in the next attempt.",
            pointer=f"{pointer}/expected_unit_price",
            amount_minor=price.amount_minor,
            currency=price.currency,
        )
    return Line(line.sku, line.quantity, price.amount_minor)
