"""What an order is, and the rules by which one is accepted and named along its way."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from orders.contract.models import NewLine, OrderStatus
from orders.contract.problems import CurrencyMismatch, EmptyOrder, QuantityOutOfRange, UnknownSku
from orders.contract.shared import RejectionCode
from waybill.saga import CANCELLED, Position

QUANTITY_MAX: Final = 10_000
"""More units of one SKU than any order of the history we know holds three times over (2,880)."""

Unacceptable: TypeAlias = EmptyOrder | UnknownSku | CurrencyMismatch | QuantityOutOfRange


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit costs, in the currency's smallest unit."""

    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Line:
    """So many units of one SKU, at the price of the moment the order was placed."""

    sku: str
    quantity: int
    unit_price_minor: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an order was not confirmed."""

    code: RejectionCode
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order that was accepted, as far as it has come."""

    order_id: UUID
    reference: str | None
    customer_ref: str
    status: OrderStatus
    rejection: Rejection | None = None
    currency: str
    lines: tuple[Line, ...]
    total_minor: int
    payment_token: str
    placed_at: datetime
    updated_at: datetime

    def units(self) -> Mapping[str, int]:
        """Units wanted of each SKU; one that stands on several lines is counted together."""
        units: Counter[str] = Counter()
        for line in self.lines:
            units[line.sku] += line.quantity
        return units


def price_lines(
    wanted: Sequence[NewLine], currency: str, prices: Mapping[str, Price]
) -> tuple[Line, ...] | Unacceptable:
    """Price the lines of an order, or say why it cannot be accepted."""
    if not wanted:
        return EmptyOrder(detail="An order needs at least one line.")
    lines: list[Line] = []
    for number, line in enumerate(wanted):
        priced = _price_line(line, f"/lines/{number}", currency, prices.get(line.sku))
        if not isinstance(priced, Line):
            return priced
        lines.append(priced)
    return tuple(lines)


def _price_line(
    line: NewLine, pointer: str, currency: str, price: Price | None
) -> Line | Unacceptable:
    if not 1 <= line.quantity <= QUANTITY_MAX:
        return QuantityOutOfRange(
            detail=f"A line takes from 1 to {QUANTITY_MAX} units, not {line.quantity}.",
            pointer=f"{pointer}/quantity",
            quantity_max=QUANTITY_MAX,
        )
    if price is None:
        return UnknownSku(
            detail=f"{line.sku} is not in the catalogue. One that was just added is known "
            "here within a second: list_prices tells.",
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
    return Line(line.sku, line.quantity, price.amount_minor)


def status_at(position: Position, confirmed_from: int) -> OrderStatus:
    """Name what a customer sees while the order's saga stands at `position`.

    An order is confirmed once the saga has come to step `confirmed_from`. One that is being
    rejected stays `placed` until all is undone, so that a final status means that nothing moves.
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
