"""Optimistic writes: reserve and commit stock without reading it first.

Each statement locks the stock book before it changes a row and holds it until the transaction ends.
Its snapshot may be older than the lock. The statement therefore checks its assumptions where
PostgreSQL uses the latest version of a row or an index: in the changed columns. If an assumption
does not hold, it fails with ConcurrencyConflictError and changes nothing.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from inventory.domain import Request
from waybill.postgres import Transaction

# The parts of a combined statement run in order; the first one locks the book before any row.
_RESERVE: Final = """
    insert into reservations (order_id, customer_ref, parts, status, expires_at, updated_at)
    select order_id, customer_ref, parts, 'reserved', $4, $5
    from unnest($1::uuid[], $2::text[], $3::integer[]) as new (order_id, customer_ref, parts)
    where (select pg_advisory_xact_lock(18766, 1)) is not null
"""
_LINES: Final = """
    insert into reservation_lines (order_id, sku, quantity)
    select order_id, line.sku, case when stock.on_hand >= 0 then quantity end
    from unnest($1::uuid[], $2::text[], $3::bigint[]) as line (order_id, sku, quantity)
        left join stock using (sku)
"""
_SET_ASIDE: Final = """
    update stock
    set on_hand = case
            when on_hand >= taken.units then on_hand - taken.units
        end,
        reserved = reserved + taken.units, updated_at = $3
    from unnest($1::text[], $2::bigint[]) as taken (sku, units)
    where stock.sku = taken.sku
"""
_COMMIT: Final = """
    update reservations
    set status = case when reservations.status = 'reserved' then 'committed' end,
        updated_at = $2
    from unnest($1::uuid[]) as sold (order_id)
    where reservations.order_id = sold.order_id
        and (select pg_advisory_xact_lock(18766, 1)) is not null
"""
_SELL: Final = """
    update stock
    set reserved = reserved - sold.units, committed = committed + sold.units, updated_at = $3
    from unnest($1::text[], $2::bigint[]) as sold (sku, units)
    where stock.sku = sold.sku
"""


async def reserve(
    tx: Transaction, requests: Sequence[Request], expires_at: datetime, now: datetime
) -> None:
    """Reserve units for new orders, each in `requests` once.

    Raises ConcurrencyConflictError if an order has a reservation or the stock is insufficient.
    """
    lines = [
        (request.order_id, sku, units)
        for request in requests
        for sku, units in request.units.items()
    ]
    await tx.enqueue(
        _RESERVE,
        [request.order_id for request in requests],
        [request.customer_ref for request in requests],
        [request.parts for request in requests],
        expires_at,
        now,
        claims="reservations_pkey",
    )
    await tx.enqueue(
        _LINES,
        [order_id for order_id, _, _ in lines],
        [sku for _, sku, _ in lines],
        [units for _, _, units in lines],
        guards="reservation_lines.quantity",
    )
    skus, units = _sum(request.units for request in requests)
    await tx.enqueue(_SET_ASIDE, skus, units, now, guards="stock.on_hand")


async def commit(tx: Transaction, reserved: Mapping[UUID, Request], now: datetime) -> None:
    """Commit the reservations of these orders, given as what was requested.

    Raises ConcurrencyConflictError if one of the reservations is no longer open.
    """
    await tx.enqueue(_COMMIT, list(reserved), now, guards="reservations.status")
    skus, units = _sum(request.units for request in reserved.values())
    await tx.enqueue(_SELL, skus, units, now)


def _sum(orders: Iterable[Mapping[str, int]]) -> tuple[Collection[str], Collection[int]]:
    total: Counter[str] = Counter()
    for units in orders:
        total.update(units)
    return list(total), list(total.values())
