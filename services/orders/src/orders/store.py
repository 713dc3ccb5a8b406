"""Writes of the orders service."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from orders.contract.models import OrderStatus
from orders.domain import Order, Rejection
from waybill.postgres.database import Transaction

_INSERT_ORDERS: Final = """
    insert into orders (order_id, reference, customer_ref, status, currency, total_minor,
        payment_token, placed_at, updated_at)
    select order_id, reference, customer_ref, status, currency, total_minor, payment_token,
        placed_at, placed_at
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],
                $7::text[], $8::timestamptz[])
        as placed(order_id, reference, customer_ref, status, currency, total_minor,
            payment_token, placed_at)
"""
_INSERT_LINES: Final = """
    insert into order_lines (order_id, line_number, sku, quantity, unit_price_minor)
    select * from unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::bigint[])
"""
_SET_STATUSES: Final = """
    update orders set status = change.status, rejection_code = change.code,
        rejection_detail = change.detail, updated_at = $5
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
        as change(order_id, status, code, detail)
    where orders.order_id = change.order_id
"""
_UPSERT_PRICES: Final = """
    insert into prices (sku, amount_minor, currency, version)
    select * from unnest($1::text[], $2::bigint[], $3::text[], $4::int[])
    on conflict (sku) do update
    set amount_minor = excluded.amount_minor, currency = excluded.currency,
        version = excluded.version
    where prices.version < excluded.version
"""


async def insert_orders(tx: Transaction, orders: Sequence[Order]) -> None:
    """Write orders that were just placed."""
    lines = [
        (order.order_id, number, line)
        for order in orders
        for number, line in enumerate(order.lines, start=1)
    ]
    await tx.enqueue(
        _INSERT_ORDERS,
        [order.order_id for order in orders],
        [order.reference for order in orders],
        [order.customer_ref for order in orders],
        [order.status for order in orders],
        [order.currency for order in orders],
        [order.total_minor for order in orders],
        [order.payment_token for order in orders],
        [order.placed_at for order in orders],
    )
    await tx.enqueue(
        _INSERT_LINES,
        [order_id for order_id, _, _ in lines],
        [number for _, number, _ in lines],
        [line.sku for _, _, line in lines],
        [line.quantity for _, _, line in lines],
        [line.unit_price_minor for _, _, line in lines],
    )


async def set_statuses(
    tx: Transaction, changes: Mapping[UUID, tuple[OrderStatus, Rejection | None]], now: datetime
) -> None:
    """Set the status of orders whose sagas the transaction has locked."""
    rejections = [rejection for _, rejection in changes.values()]
    await tx.enqueue(
        _SET_STATUSES,
        list(changes),
        [status for status, _ in changes.values()],
        [rejection.code if rejection else None for rejection in rejections],
        [rejection.detail if rejection else None for rejection in rejections],
        now,
    )


async def upsert_prices(tx: Transaction, prices: Sequence[tuple[str, int, str, int]]) -> None:
    """Keep the newest version of each (sku, amount_minor, currency, version); a SKU stands once."""
    await tx.execute(_UPSERT_PRICES, *map(list, zip(*prices, strict=True)))
