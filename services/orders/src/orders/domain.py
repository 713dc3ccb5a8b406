"""Orders, and the rules for accepting them and for their status."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from pydantic import MISSING

from orders.contract.models import OrderStatus, PlaceOrderLine
from orders.contract.problems import (
    AmountOutOfRange,
    CurrencyMismatch,
    EmptyOrder,
    PriceChanged,
    QuantityOutOfRange,
    UnknownCurrency,
    UnknownSku,
)
from orders.contract.shared import RejectionCode
from waybill.money import Money, is_currency, total_max
from waybill.saga import CANCELLED, Position

QUANTITY_MAX: Final = 10_000
"""More than three times the largest quantity of a SKU in our order history (2,880)."""

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
class Price:
    """The price of one unit, in the smallest unit of the currency."""

    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity of one SKU at the price when the order was placed."""

    sku: str
    quantity: int
    unit_price_minor: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """The reason why an order was not confirmed."""

    code: RejectionCode
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An accepted order and its current status."""

    order_id: UUID
    reference: str | None
    customer_ref: str
    status: OrderStatus
    rejection: Rejection | None = None
    currency: str
    lines: tuple[Line, ...]
    total_minor: int
    sealed_token: str | None = field(repr=False)
    """The payment token, encrypted; None once the outcome of the authorization is known."""
    placed_at: datetime
    updated_at: datetime

    def units(self) -> Mapping[str, int]:
        """Return the units of each SKU, added over all lines."""
        units: Counter[str] = Counter()
        for line in self.lines:
            units[line.sku] += line.quantity
        return units


def price_lines(
    wanted: Sequence[PlaceOrderLine], currency: str, prices: Mapping[str, Price]
) -> tuple[Line, ...] | Unacceptable:
    """Return the priced lines of an order, or the problem that makes it unacceptable."""
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
        priced = _price_line(line, f"/lines/{number}", currency, prices.get(line.sku))
        if not isinstance(priced, Line):
            return priced
        lines.append(priced)
    return _check_total(tuple(lines), currency)


def _check_total(lines: tuple[Line, ...], currency: str) -> tuple[Line, ...] | AmountOutOfRange:
    total = Money(sum(line.quantity * line.unit_price_minor for line in lines), currency)
    highest = Money(total_max(currency), currency)
    if total <= highest:
        return lines
    return AmountOutOfRange(
        detail=f"An order is at most {highest}, not {total}. Divide it.",
        pointer="/lines",
        amount_max_minor=highest.amount_minor,
        currency=currency,
    )


def _price_line(
    line: PlaceOrderLine, pointer: str, currency: str, price: Price | None
) -> Line | Unacceptable:
    if not 1 <= line.quantity <= QUANTITY_MAX:
        return QuantityOutOfRange(
            detail=f"A line takes from 1 to {QUANTITY_MAX} units, not {line.quantity}.",
            pointer=f"{pointer}/quantity",
            quantity_max=QUANTITY_MAX,
        )
    if price is None:
        return UnknownSku(
            detail=f"The catalogue has no SKU {line.sku}. A new SKU can be ordered within a "
            "second after it was added; list_prices lists all that can be ordered.",
            sku=line.sku,
            pointer=f"{pointer}/sku",
        )
    if price.currency != currency:
        return CurrencyMismatch(
            detail=f"{line.sku} is priced in {price.currency}, the order is in {currency}.",
            sku=line.sku,
            pointer=f"{pointer}/sku",
            price_currency=price.currency,
        )
    expected = line.expected_unit_price
    if expected is not MISSING and (expected.amount_minor, expected.currency) != (
        price.amount_minor,
        price.currency,
    ):
        return PriceChanged(
            detail=f"The price of {line.sku} is {price.amount_minor} {price.currency}, not "
            f"{expected.amount_minor} {expected.currency}. Show the customer the new price, and "
            "expect this one in the next attempt.",
            sku=line.sku,
            pointer=f"{pointer}/expected_unit_price",
            amount_minor=price.amount_minor,
            currency=price.currency,
        )
    return Line(line.sku, line.quantity, price.amount_minor)


def status_at(position: Position, confirmed_from: int) -> OrderStatus:
    """Return the status of an order whose saga is at `position`.

    An order is confirmed when the saga reaches step `confirmed_from`. An order that is being
    rejected stays `placed` until it is compensated: a rejected order never changes again.
    """
    cancelled = position.reason == CANCELLED
    match position.direction:
        case "forward":
            return OrderStatus.CONFIRMED if position.index >= confirmed_from else OrderStatus.PLACED
        case "completed":
            return OrderStatus.CONFIRMED
        case "compensating":
            return OrderStatus.CANCELLING if cancelled else OrderStatus.PLACED
        case "compensated":
            return OrderStatus.CANCELLED if cancelled else OrderStatus.REJECTED


def needs_token(position: Position, authorized_from: int) -> bool:
    """Whether an authorization with the order's token may still be sent or repeated.

    Its outcome is known when the saga reaches step `authorized_from`, has compensated the step
    before it, or compensates earlier ones.
    """
    match position.direction:
        case "forward":
            return position.index < authorized_from
        case "compensating":
            return position.index == authorized_from - 1
        case "completed" | "compensated":
            return False
