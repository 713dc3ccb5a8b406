"""Writes orders and prices."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from orders.contract.models import OrderStatus
from orders.domain import Order, Rejection
from orders.price_lists import PriceList
from orders.queries import ORDERS
from waybill.postgres import Transaction
from waybill.postgres.rows import Rows


class _LineRow(NamedTuple):
    order_id: UUID
    line_number: int
    sku: str
    quantity: int
    unit_price_minor: int
    list_version: int
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


class _ListRow(NamedTuple):
    sku: str
    version: int


class _PriceRow(NamedTuple):
    sku: str
    number: int
    currency: str
    amount_minor: int
    valid_from: datetime | None
    valid_until: datetime | None


_LINES: Final = Rows(_LineRow)
_STATUSES: Final = Rows(_StatusRow)
_LISTS: Final = Rows(_ListRow)
_PRICES: Final = Rows(_PriceRow)

_INSERT_ORDERS: Final = ORDERS.insert("orders")
_INSERT_LINES: Final = _LINES.write("""
    insert into order_lines (order_id, line_number, sku, quantity, unit_price_minor,
        discount_minor, tax_rate_ppm, tax_minor)
    select order_id, line_number, line.sku, quantity,
        case when known.version = list_version then line.unit_price_minor end,
        discount_minor, tax_rate_ppm, tax_minor
    from {rows} as line ({columns}) left join price_lists as known using (sku)
""")
_SET_STATUSES: Final = _STATUSES.write("""
    update orders set status = change.status, rejection_code = change.rejection_code,
        rejection_detail = change.rejection_detail, updated_at = $1,
        sealed_token = case when change.keeps_token then orders.sealed_token end
    from {rows} as change ({columns})
    where orders.order_id = change.order_id
""")
_UPSERT_LISTS: Final = _LISTS.statement("""
    insert into price_lists ({columns})
    select {columns} from {rows} as known ({columns})
    on conflict (sku) do update set version = excluded.version
    where price_lists.version < excluded.version
    returning sku
""")
_DELETE_PRICES: Final = "delete from unit_prices where sku = any($1)"
_INSERT_PRICES: Final = _PRICES.insert("unit_prices")


async def insert_orders(
    tx: Transaction, orders: Sequence[Order], lists: Mapping[str, PriceList]
) -> None:
    """Insert new orders, which are priced by these lists.

    Raises ConcurrencyConflictError if one of the lists has changed.
    """
    lines = [
        _LineRow(
            order_id=order.order_id,
            line_number=number,
            sku=line.sku,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            list_version=lists[line.sku].version,
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


async def write_price_lists(tx: Transaction, lists: Mapping[str, PriceList]) -> None:
    """Replace the price lists of SKUs whose version is newer than the stored one.

    Locks them in the order of the mapping.
    """
    rows = [_ListRow(sku, each.version) for sku, each in lists.items()]
    changed = [row["sku"] for row in await tx.fetch(_UPSERT_LISTS, *_LISTS.arrays(rows))]
    if not changed:
        return
    await tx.execute(_DELETE_PRICES, changed)
    prices = [
        _PriceRow(
            sku=sku,
            number=number,
            currency=each.price.currency,
            amount_minor=each.price.amount_minor,
            valid_from=each.valid_from,
            valid_until=each.valid_until,
        )
        for sku in changed
        for number, each in enumerate(lists[sku].prices, start=1)
    ]
    if prices:
        await tx.execute(*_INSERT_PRICES.bind(prices))
