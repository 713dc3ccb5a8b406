"""Writes of the inventory service.

Lock order: the stock book, then stock rows. Every transaction that changes reservations holds the
book, so two of them cannot deadlock, although each reserves, commits and releases for hundreds of
orders in any order. Sorting the rows of each sequence would not be sufficient: a later sequence of
the same transaction may need a SKU that sorts before the locked ones. An adjustment does not need
the book: it locks one stock row and then waits for no other lock.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from inventory.contract.models import AdjustStockReason
from inventory.domain import Move, Request, Reservation, Shortage, StockLevel
from inventory.queries import find_due
from waybill.postgres import Transaction
from waybill.postgres.rows import Rows


class _LineRow(NamedTuple):
    order_id: UUID
    sku: str
    quantity: int
    on_hand_when_refused: int | None
    """Set if the stock was insufficient."""


class _TakenRow(NamedTuple):
    sku: str
    units: int


_NEW: Final = Rows(Reservation, leave_out=["shortages"])
_LINES: Final = Rows(_LineRow)
_TAKEN: Final = Rows(_TakenRow)
_MOVES: Final = Rows(Move)

# A key of two numbers (the first one is "IN" in ASCII) never collides with the locks of the
# runtime, which have one number. Without parameters, it is sent with BEGIN in one round trip.
_LOCK_BOOK: Final = "select pg_advisory_xact_lock(18766, 1)"
_RESERVATIONS: Final = """
    select order_id, status, expires_at, parts from reservations where order_id = any($1)
"""
_SHORTAGES: Final = """
    select order_id, sku, quantity, on_hand_when_refused
    from reservation_lines
    where order_id = any($1) and on_hand_when_refused is not null
    order by order_id, sku
"""
_LOCK_STOCK: Final = """
    select sku, on_hand from stock where sku = any($1) order by sku for update
"""
_ADD: Final = _NEW.write("""
    insert into reservations ({columns}, updated_at)
    select {columns}, $1 from {rows} as new ({columns})
""")
_ADD_LINES: Final = _LINES.insert("reservation_lines")
_SET_ASIDE: Final = _TAKEN.write("""
    update stock
    set on_hand = on_hand - taken.units, reserved = reserved + taken.units, updated_at = $1
    from {rows} as taken ({columns})
    where stock.sku = taken.sku
""")
_ADD_EMPTY: Final = """
    insert into reservations (order_id, status, expires_at, updated_at)
    select order_id, 'released', $2, $2 from unnest($1::uuid[]) as order_id
"""
_MOVE: Final = _MOVES.write("""
    with moved as (
        update reservations set status = move.after, updated_at = $1
        from {rows} as move ({columns})
        where reservations.order_id = move.order_id and status = move.before
        returning reservations.order_id, move.before, move.after
    ), units as (
        select sku,
            coalesce(sum(quantity) filter (where after in ('released', 'expired')), 0) as freed,
            coalesce(sum(quantity) filter (where before = 'reserved'), 0) as unreserved,
            coalesce(sum(quantity) filter (where after = 'committed'), 0)
                - coalesce(sum(quantity) filter (where before = 'committed'), 0) as committed
        from moved join reservation_lines using (order_id)
        group by sku
    )
    update stock
    set on_hand = on_hand + units.freed, reserved = reserved - units.unreserved,
        committed = stock.committed + units.committed, updated_at = $1
    from units
    where stock.sku = units.sku
""")
_ADD_UNITS: Final = """
    with level as (
        insert into stock (sku, on_hand, reserved, committed, updated_at)
        values ($1, $2, 0, 0, $5)
        on conflict (sku) do update
        set on_hand = stock.on_hand + excluded.on_hand, updated_at = excluded.updated_at
        returning sku, on_hand, reserved, committed
    ), noted as (
        insert into stock_adjustments (adjustment_id, sku, delta, reason, at)
        select $3, sku, $2, $4, $5 from level
    )
    select sku, on_hand, reserved, committed from level
"""
_TAKE_UNITS: Final = """
    with level as (
        update stock set on_hand = on_hand - $2, updated_at = $5
        where sku = $1 and on_hand >= $2
        returning sku, on_hand, reserved, committed
    ), noted as (
        insert into stock_adjustments (adjustment_id, sku, delta, reason, at)
        select $3, sku, - $2, $4, $5 from level
    )
    select sku, on_hand, reserved, committed from level
"""


class StockBook:
    """The exclusive right to change reservations until the transaction ends.

    The number of statements does not grow with the number of orders.
    """

    __slots__ = ("_tx",)

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    @classmethod
    async def open(cls, tx: Transaction) -> "StockBook":
        """Lock the book. Later reads see everything that its previous holder committed."""
        await tx.execute(_LOCK_BOOK)
        return cls(tx)

    async def reservations(self, order_ids: Collection[UUID]) -> dict[UUID, Reservation]:
        """Read the reservations of these orders."""
        rows = await self._tx.fetch(_RESERVATIONS, list(order_ids))
        refused = [row["order_id"] for row in rows if row["status"] == "refused"]
        shortages = await self._shortages(refused) if refused else {}
        return {
            row["order_id"]: Reservation(
                row["order_id"],
                row["status"],
                row["expires_at"],
                tuple(shortages.get(row["order_id"], ())),
                parts=row["parts"],
            )
            for row in rows
        }

    async def due(self, now: datetime, limit: int) -> Sequence[UUID]:
        """Read at most `limit` overdue reservations, the most overdue first."""
        return await find_due(self._tx, now, limit)

    async def lock_stock(self, skus: Iterable[str]) -> dict[str, int]:
        """Lock stock rows and return the units on hand; SKUs without stock are left out."""
        return {row["sku"]: row["on_hand"] for row in await self._tx.fetch(_LOCK_STOCK, list(skus))}

    async def add(
        self, requests: Sequence[Request], decided: Sequence[Reservation], now: datetime
    ) -> None:
        """Insert new reservations with their lines, and reserve the units of the granted ones."""
        taken: Counter[str] = Counter()
        lines: list[_LineRow] = []
        for request, reservation in zip(requests, decided, strict=True):
            short = {shortage.sku: shortage.on_hand for shortage in reservation.shortages}
            if reservation.status == "reserved":
                taken.update(request.units)
            lines.extend(
                _LineRow(request.order_id, sku, wanted, short.get(sku))
                for sku, wanted in request.units.items()
            )
        await self._tx.enqueue(*_ADD.bind(decided, now))
        await self._tx.enqueue(*_ADD_LINES.bind(lines))
        rows = [_TakenRow(sku, units) for sku, units in taken.items()]
        await self._tx.enqueue(*_SET_ASIDE.bind(rows, now))

    async def add_empty(self, order_ids: Collection[UUID], now: datetime) -> None:
        """Insert released reservations for orders without one, so that they never hold units."""
        if not order_ids:
            return
        await self._tx.execute(_ADD_EMPTY, list(order_ids), now)

    async def move(self, moves: Sequence[Move], now: datetime) -> None:
        """Change reservations and move their units between on hand, reserved and committed."""
        if not moves:
            return
        await self._tx.execute(*_MOVE.bind(moves, now))

    async def _shortages(self, order_ids: Collection[UUID]) -> dict[UUID, list[Shortage]]:
        found: dict[UUID, list[Shortage]] = {}
        for row in await self._tx.fetch(_SHORTAGES, list(order_ids)):
            shortage = Shortage(row["sku"], row["quantity"], row["on_hand_when_refused"])
            found.setdefault(row["order_id"], []).append(shortage)
        return found


async def change_on_hand(
    tx: Transaction,
    sku: str,
    delta: int,
    *,
    adjustment_id: UUID,
    reason: AdjustStockReason,
    now: datetime,
) -> StockLevel | None:
    """Write an adjustment and return the new level; None if it would be below zero.

    A positive adjustment of an unknown SKU creates its stock.
    """
    sql = _ADD_UNITS if delta > 0 else _TAKE_UNITS
    row = await tx.fetchrow(sql, sku, abs(delta), adjustment_id, reason, now)
    return None if row is None else StockLevel(*row)
