"""Orders, and the rules for their status."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from orders.contract.models import OrderStatus
from orders.contract.shared import RejectionCode
from orders.totals import Amounts, Line
from waybill.saga import CANCELLED, Position


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
    prices_include_tax: bool = True
    total_minor: int
    """What the customer pays: lines and shipping, with their tax."""
    tax_minor: int = 0
    shipping_net_minor: int = 0
    shipping_tax_minor: int = 0
    sealed_token: str | None = field(repr=False)
    """The payment token, encrypted; None once the outcome of the authorization is known."""
    placed_at: datetime
    updated_at: datetime

    @property
    def amounts(self) -> Amounts:
        """What the order costs."""
        return Amounts(self.total_minor - self.tax_minor, self.tax_minor, self.total_minor)

    @property
    def shipping(self) -> Amounts:
        """What shipping costs."""
        net, tax = self.shipping_net_minor, self.shipping_tax_minor
        return Amounts(net, tax, net + tax)

    def units(self) -> Mapping[str, int]:
        """Return the units of each SKU, added over all lines."""
        units: Counter[str] = Counter()
        for line in self.lines:
            units[line.sku] += line.quantity
        return units


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
