"""Writes of the orders service."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from orders.contract.models import OrderStatus
from orders.domain import Order, Rejection
from waybill.database import Transaction

_INSERT_ORDER: Final = """
    with placed as (
        insert into orders (order_id, reference, customer_ref, status, currency, total_minor,
            payment_token, placed_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
        returning order_id
    )
    insert into order_lines (order_id, line_number, sku, quantity, unit_price_minor)
    select placed.order_id, line.number, line.sku, line.quantity, line.unit_price_minor
    from placed, unnest($9::text[], $10::int[], $11::bigint[])
        with ordinality as line(sku, quantity, unit_price_minor, number)
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


async def insert_order(tx: Transaction, order: Order) -> None:
    """Write an order that was just placed."""
    await tx.execute(
        _INSERT_ORDER,
        order.order_id,
        order.reference,
        order.customer_ref,
        order.status,
        order.currency,
        order.total_minor,
        order.payment_token,
        order.placed_at,
        [line.sku for line in order.lines],
        [line.quantity for line in order.lines],
        [line.unit_price_minor for line in order.lines],
    )


async def set_statuses(
    tx: Transaction, changes: Mapping[UUID, tuple[OrderStatus, Rejection | None]], now: datetime
) -> None:
    """Set the status of orders whose sagas the transaction has locked."""
    rejections = [rejection for _, rejection in changes.values()]
    await tx.execute(
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
