"""The state of the system at the end: its orders, its audit and some totals."""

import json
from dataclasses import dataclass
from typing import Final

import asyncpg

from waybill_toolkit.lab.chaos.verdict import Placed
from waybill_toolkit.operations.audit import Report
from waybill_toolkit.operations.workload.session import audit_when_settled
from waybill_toolkit.platform.handle import Platform

SETTLE_SECONDS: Final = 180.0
"""A failed call of the payment provider is retried after at most 60 s, a command without a reply
after 60 s. Three times that is enough."""

_ORDERS: Final = """
    select order_id::text, reference, customer_ref, status, units
    from orders join (
        select order_id, jsonb_object_agg(sku, quantity)::text as units
        from (
            select order_id, sku, sum(quantity) as quantity
            from order_lines group by order_id, sku
        ) as line
        group by order_id
    ) as asked using (order_id)
    where customer_ref like $1
"""
_CHARGED_TWICE: Final = """
    select count(*) from (
        select from sandbox.charges where outcome = 'approved' and operation = 'capture'
        group by payment_id having count(*) > 1
    ) as twice
"""
_OVERSOLD: Final = """
    select coalesce(sum(greatest(0, taken - came_in)), 0)::bigint
    from (
        select sku, sum(quantity) as taken
        from reservations join reservation_lines using (order_id)
        where status in ('reserved', 'committed') group by sku
    ) as held
    left join (
        select sku, sum(delta) as came_in from stock_adjustments group by sku
    ) as stocked using (sku)
"""


@dataclass(frozen=True, slots=True)
class Books:
    """The state in the databases."""

    orders: list[Placed]
    charged_twice: int
    units_oversold: int
    audit: Report


async def read_books(platform: Platform, customers: str, settle_seconds: float) -> Books:
    """Wait until the system is idle or the timeout ends, then read; `customers` is a LIKE pattern.

    Raises PlatformError.
    """
    audit = await audit_when_settled(platform, settle_seconds)
    return Books(
        orders=await _orders(platform, customers),
        charged_twice=await _figure(platform, "payments", _CHARGED_TWICE),
        units_oversold=await _figure(platform, "inventory", _OVERSOLD),
        audit=audit,
    )


async def _orders(platform: Platform, customers: str) -> list[Placed]:
    connection = await asyncpg.connect(platform.database_url("orders"))
    try:
        return [
            Placed(
                row["order_id"],
                row["reference"],
                row["customer_ref"],
                row["status"],
                json.loads(row["units"]),
            )
            for row in await connection.fetch(_ORDERS, customers)
        ]
    finally:
        await connection.close()


async def _figure(platform: Platform, service: str, query: str) -> int:
    connection = await asyncpg.connect(platform.database_url(service))
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()
