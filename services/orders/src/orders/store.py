"""Writes orders and prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from orders.contract.models import OrderStatus
from orders.domain import Order, Rejection
from orders.queries import ORDERS
from waybill.postgres import Transaction
from waybill.postgres.rows import Rows


class _LineRow(NamedTuple):
    order_id: UUID
    line_number: int
    sku: str
    quantity: int
    amount_minor: int
    currency: str
    discount_minor: int
    tax_rate_ppm: int
    tax_minor: int


class _StatusRow(NamedTuple):
    order_id: UUID
    status: OrderStatus
    rejection_code: str | None
    rejection_detail: str | None
    keeps_token: bool


class StatusChange(NamedTuple):
    """The new state of an order; `keeps_token` keeps the payment token if it is still there."""

    status: OrderStatus
    rejection: Rejection | None
    keeps_token: bool


@dataclass(frozen=True, slots=True)
class PriceRow:
    """The price of a SKU. A higher version is newer."""

    sku: str
    amount_minor: int
    currency: str
    version: int


_LINES: Final = Rows(_LineRow)
_STATUSES: Final = Rows(_StatusRow)
_PRICES: Final = Rows(PriceRow)

_INSERT_ORDERS: Final = ORDERS.insert("orders")
_INSERT_LINES: Final = _LINES.write("""
    insert into order_lines (order_id, line_number, sku, quantity, unit_price_minor,
        discount_minor, tax_rate_ppm, tax_minor)
    select order_id, line_number, line.sku, quantity, prices.amount_minor,
        discount_minor, tax_rate_ppm, tax_minor
    from {rows} as line ({columns})
        left join prices using (sku, amount_minor, currency)
""")
_SET_STATUSES: Final = _STATUSES.write("""
    update orders set status = change.status, rejection_code = change.rejection_code,
        rejection_detail = change.rejection_detail, updated_at = $1,
        sealed_token = case when change.keeps_token then orders.sealed_token end
    from {rows} as change ({columns})
    where orders.order_id = change.order_id
""")
_UPSERT_PRICES: Final = _PRICES.write("""
    insert into prices ({columns})
    select {columns} from {rows} as known ({columns})
    on conflict (sku) do update
    set amount_minor = excluded.amount_minor, currency = excluded.currency,
        version = excluded.version
    where prices.version < excluded.version
""")


async def insert_orders(tx: Transaction, orders: Sequence[Order]) -> None:
    """Insert new orders.

    Raises ConcurrencyConflictError if the price of one of their lines has changed.
    """
    lines = [
        _LineRow(
            order_id=order.order_id,
            line_number=number,
            sku=line.sku,
            quantity=line.quantity,
            amount_minor=line.unit_price_minor,
            currency=order.currency,
            discount_minor=line.discount_minor,
            tax_rate_ppm=line.tax_rate_ppm,
            tax_minor=line.tax_minor,
        )
        for order in orders
        for number, line in enumerate(order.lines, start=1)
    ]
    await tx.enqueue(*_INSERT_ORDERS.bind(orders))
    await tx.enqueue(*_INSERT_LINES.bind(lines), guards="order_lines.unit_price_minor")


async def set_statuses(
    tx: Transaction, changes: Mapping[UUID, StatusChange], now: datetime
) -> None:
    """Set the status of orders whose sagas the transaction has locked, and delete tokens."""
    rows = [
        _StatusRow(
            order_id=order_id,
            status=change.status,
            rejection_code=change.rejection.code if change.rejection else None,
            rejection_detail=change.rejection.detail if change.rejection else None,
            keeps_token=change.keeps_token,
        )
        for order_id, change in changes.items()
    ]
    await tx.enqueue(*_SET_STATUSES.bind(rows, now))


async def upsert_prices(tx: Transaction, prices: Sequence[PriceRow]) -> None:
    """Insert or update prices whose version is newer. Each SKU occurs once."""
    await tx.execute(*_UPSERT_PRICES.bind(prices))
