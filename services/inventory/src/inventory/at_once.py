"""Reserving and selling in one statement, for orders of which nothing has to be read before.

The statement takes the book before it changes a row, and keeps it until its transaction ends. What
it sees may be older than that; so all that it relies on is checked where PostgreSQL looks at the
newest version of a row, or at an index: by the changes themselves. When something is not so, it
fails with ConcurrencyConflictError, and nothing is done.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from inventory.domain import Request
from waybill.postgres import Transaction

# The first part of a statement is done first: it takes the book, before its first row.
_RESERVE: Final = """
    insert into reservations (order_id, status, expires_at, updated_at)
    select order_id, 'reserved', $2, $3 from unnest($1::uuid[]) as order_id
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
    """Set units aside for orders that are not known, each in `requests` once.

    ConcurrencyConflictError when one is known, or when there are not units enough for all of them.
    """
    lines = [
        (request.order_id, sku, units)
        for request in requests
        for sku, units in request.units.items()
    ]
    order_ids = [request.order_id for request in requests]
    await tx.enqueue(_RESERVE, order_ids, expires_at, now, claims="reservations_pkey")
    await tx.enqueue(
        _LINES,
        [order_id for order_id, _, _ in lines],
        [sku for _, sku, _ in lines],
        [units for _, _, units in lines],
        guards="reservation_lines.quantity",
    )
    skus, units = _sum(request.units for request in requests)
    await tx.enqueue(_SET_ASIDE, skus, units, now, guards="stock.on_hand")


async def commit(
    tx: Transaction, reserved: Mapping[UUID, Mapping[str, int]], now: datetime
) -> None:
    """Sell what was set aside for these orders, units by SKU.

    ConcurrencyConflictError when one of the reservations is not open any more.
    """
    await tx.enqueue(_COMMIT, list(reserved), now, guards="reservations.status")
    skus, units = _sum(reserved.values())
    await tx.enqueue(_SELL, skus, units, now)


def _sum(orders: Iterable[Mapping[str, int]]) -> tuple[Collection[str], Collection[int]]:
    total: Counter[str] = Counter()
    for units in orders:
        total.update(units)
    return list(total), list(total.values())
