"""Invariants in the database of inventory."""

from typing import Final

from waybill_toolkit.operations.audit.invariant import Invariant

INVENTORY: Final = (
    Invariant(
        name="stock-adds-up",
        meaning="For each SKU the sum of all adjustments is on hand, reserved or committed.",
        where="inventory",
        sql="""
            select sku, came_in, on_hand, reserved, committed
            from stock full join (
                select sku, sum(delta) as came_in from stock_adjustments group by sku
            ) as adjusted using (sku)
            where came_in is distinct from on_hand + reserved + committed
        """,
    ),
    Invariant(
        name="stock-is-not-below-zero",
        meaning="No SKU has fewer than zero units on hand, reserved or committed.",
        where="inventory",
        sql="""
            select sku, on_hand, reserved, committed
            from stock where least(on_hand, reserved, committed) < 0
        """,
    ),
    Invariant(
        name="stock-follows-reservations",
        meaning="For each SKU reserved and committed units are those of the reservations.",
        where="inventory",
        sql="""
            with held as (
                select sku,
                    coalesce(sum(quantity) filter (where status = 'reserved'), 0) as reserved,
                    coalesce(sum(quantity) filter (where status = 'committed'), 0) as committed
                from reservations join reservation_lines using (order_id)
                where status in ('reserved', 'committed')
                group by sku
            )
            select sku, stock.reserved, held.reserved as reserved_by_orders,
                stock.committed, held.committed as committed_by_orders
            from stock full join held using (sku)
            where stock.sku is null
                or stock.reserved <> coalesce(held.reserved, 0)
                or stock.committed <> coalesce(held.committed, 0)
        """,
    ),
    Invariant(
        name="stock-is-in-its-database",
        meaning="Where stock is divided by SKU, each database has the SKUs of its part only.",
        where="inventory",
        sql="""
            select sku, part, parts
            from stock cross join stock_part
            where ('x' || substr(md5(sku), 1, 7))::bit(28)::int % parts <> part
        """,
    ),
)
