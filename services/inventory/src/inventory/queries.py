"""Reads stock and reservations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from inventory.division import overall
from inventory.domain import Status, StockLevel
from waybill.http import Owner
from waybill.postgres import Connection

_STOCK: Final = "select sku, on_hand, reserved, committed from stock where sku = $1"
_STOCK_PAGE: Final = """
    select sku, on_hand, reserved, committed from stock
    where ($1::text is null or sku > $1) order by sku limit $2
"""
_DUE: Final = """
    select order_id from reservations
    where status = 'reserved' and expires_at <= $1
    order by expires_at limit $2
"""
_RESERVATION: Final = """
    select order_id, customer_ref, status, expires_at,
        array(select sku from reservation_lines as line
              where line.order_id = reservations.order_id order by sku) as skus,
        array(select quantity from reservation_lines as line
              where line.order_id = reservations.order_id order by sku) as quantities
    from reservations where order_id = $1 and ($2::text is null or customer_ref = $2)
"""


@dataclass(frozen=True, slots=True)
class ReservationView:
    """A reservation with the requested lines."""

    order_id: UUID
    customer_ref: str | None
    status: Status
    expires_at: datetime
    lines: tuple[tuple[str, int], ...]
    """(sku, quantity), by SKU."""


async def find_stock(connection: Connection, sku: str) -> StockLevel | None:
    """Read the level of one SKU."""
    row = await connection.fetchrow(_STOCK, sku)
    return None if row is None else StockLevel(*row)


async def list_stock(connection: Connection, after: str | None, limit: int) -> Sequence[StockLevel]:
    """Read at most `limit` levels by SKU, from the first SKU after `after`."""
    return [StockLevel(*row) for row in await connection.fetch(_STOCK_PAGE, after, limit)]


async def find_due(connection: Connection, now: datetime, limit: int) -> Sequence[UUID]:
    """Read at most `limit` orders with an overdue reservation, the most overdue first."""
    return [row["order_id"] for row in await connection.fetch(_DUE, now, limit)]


async def find_reservation(
    connection: Connection, order_id: UUID, owner: Owner
) -> ReservationView | None:
    """Read the reservation of an owner's order."""
    row = await connection.fetchrow(_RESERVATION, order_id, owner.ref)
    if row is None:
        return None
    return ReservationView(
        row["order_id"],
        row["customer_ref"],
        row["status"],
        row["expires_at"],
        tuple(zip(row["skus"], row["quantities"], strict=True)),
    )


def join_reservations(views: Sequence[ReservationView]) -> ReservationView | None:
    """Return one view of an order's reservations in several databases; None if there is none."""
    if len(views) < 2:
        return next(iter(views), None)
    status = overall(each.status for each in views)
    first = views[0]
    return replace(
        first,
        status=first.status if status is None else status,
        expires_at=min(each.expires_at for each in views),
        lines=tuple(sorted(line for each in views for line in each.lines)),
    )
