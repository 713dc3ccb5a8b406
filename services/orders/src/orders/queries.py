"""Reads orders, their history, and prices."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from orders.contract.models import OrderStatus
from orders.contract.shared import RejectionCode
from orders.domain import Order, Rejection
from orders.price_lists import DatedPrice, PriceList
from orders.totals import Line
from waybill.http import Owner
from waybill.http.pages import PARTS_MAX, whole_items
from waybill.money import Money
from waybill.postgres import Connection, Transaction
from waybill.postgres.rows import Rows

ORDERS: Final = Rows(Order, leave_out=["rejection", "lines"])
"""A row of `orders`, without its rejection and its lines."""

_ORDER: Final = ORDERS.statement("""
    select {columns}, rejection_code, rejection_detail from orders
""")
ORDERS_WITHOUT_LINES: Final = ORDERS.statement("""
    select order_id as saga_id, {columns}, rejection_code, rejection_detail
    from orders where order_id = any($1)
""")
"""Orders for the later steps of their sagas, which do not need up to 1,000 lines."""
_ORDER_BY_ID: Final = _ORDER + "where order_id = $1 and ($2::text is null or customer_ref = $2)"
_ORDERS_PAGE: Final = (
    _ORDER
    + """
    where ($1::uuid is null or order_id < $1)
        and ($2::text is null or status = $2)
        and ($3::text is null or customer_ref = $3)
        and ($4::text is null or reference = $4)
    order by order_id desc limit $5
"""
)
_LINES: Final = """
    select order_id, sku, quantity, unit_price_minor, discount_minor, tax_rate_ppm, tax_minor
    from order_lines where order_id = $1 order by line_number
"""
_LINES_OF_PAGE: Final = """
    select order_id, sku, quantity, unit_price_minor, discount_minor, tax_rate_ppm, tax_minor
    from order_lines where order_id = any($1) order by order_id desc, line_number limit $2
"""
_HISTORY: Final = """
    select number, at, state, detail, actor from saga_transitions
    where saga_id = $1 and exists (
        select from orders
        where order_id = $1 and ($2::text is null or customer_ref = $2))
    order by number
"""
_PROGRESS: Final = """
    select order_id, status, (
        select max(number) from saga_transitions where saga_id = orders.order_id) as number
    from orders where order_id = any($1)
"""
_PRICES_BY_SKU: Final = """
    select sku, version, currency, amount_minor, valid_from, valid_until
    from price_lists left join unit_prices using (sku)
    where sku = any($1) order by sku, number
"""
_PRICES_PAGE: Final = """
    select sku, version, currency, amount_minor, valid_from, valid_until
    from (
        select sku, version from price_lists
        where ($1::text is null or sku > $1) order by sku limit $2
    ) as page left join unit_prices using (sku)
    order by sku, number
"""


@dataclass(frozen=True, slots=True)
class Transition:
    """One entry of an order's history."""

    number: int
    at: datetime
    state: str
    detail: str
    actor: str | None


class Progress(NamedTuple):
    """The status of an order and the number of its last transition."""

    status: OrderStatus
    number: int


async def get_order(connection: Connection, order_id: UUID, owner: Owner) -> Order | None:
    """Read one order of an owner with its lines."""
    row = await connection.fetchrow(_ORDER_BY_ID, order_id, owner.ref)
    if row is None:
        return None
    return _with_lines([row], await connection.fetch(_LINES, order_id))[0]


def order_without_lines(row: asyncpg.Record) -> Order:
    """Read a row of ORDERS_WITHOUT_LINES."""
    return _order(row, ())


async def list_orders(
    connection: Connection,
    *,
    before: UUID | None,
    limit: int,
    status: OrderStatus | None,
    customer_ref: str | None,
    reference: str | None,
) -> tuple[list[Order], bool]:
    """Read a page of orders, newest first, and whether more follow; it begins after `before`.

    A page has at most `limit` orders, and fewer when they have many lines.
    """
    rows = await connection.fetch(_ORDERS_PAGE, before, status, customer_ref, reference, limit + 1)
    ids = [row["order_id"] for row in rows[:limit]]
    lines = await connection.fetch(_LINES_OF_PAGE, ids, PARTS_MAX + 1)
    page = whole_items(rows[:limit], lines, "order_id")
    return _with_lines(page, lines), len(page) < len(rows)


async def get_history(connection: Connection, order_id: UUID, owner: Owner) -> list[Transition]:
    """Read all transitions of an owner's order, oldest first."""
    return [
        Transition(row["number"], row["at"], row["state"], row["detail"], row["actor"])
        for row in await connection.fetch(_HISTORY, order_id, owner.ref)
    ]


async def get_progress(connection: Connection, order_ids: Sequence[UUID]) -> dict[UUID, Progress]:
    """Read how far orders are."""
    return {
        row["order_id"]: Progress(row["status"], row["number"])
        for row in await connection.fetch(_PROGRESS, order_ids)
    }


async def find_prices(tx: Transaction, skus: Iterable[str]) -> Mapping[str, PriceList]:
    """Read the price lists of those SKUs that have one."""
    return _price_lists(await tx.fetch_outside(_PRICES_BY_SKU, list(skus)))


async def list_prices(
    connection: Connection, *, after: str | None, limit: int
) -> list[tuple[str, PriceList]]:
    """Read price lists by SKU, starting after the SKU `after`."""
    return list(_price_lists(await connection.fetch(_PRICES_PAGE, after, limit)).items())


def _with_lines(rows: Iterable[asyncpg.Record], of_lines: Iterable[asyncpg.Record]) -> list[Order]:
    lines: defaultdict[UUID, list[Line]] = defaultdict(list)
    for row in of_lines:
        line = Line(
            sku=row["sku"],
            quantity=row["quantity"],
            unit_price_minor=row["unit_price_minor"],
            discount_minor=row["discount_minor"],
            tax_rate_ppm=row["tax_rate_ppm"],
            tax_minor=row["tax_minor"],
        )
        lines[row["order_id"]].append(line)
    return [_order(row, tuple(lines[row["order_id"]])) for row in rows]


def _order(row: asyncpg.Record, lines: tuple[Line, ...]) -> Order:
    code = row["rejection_code"]
    rejection = Rejection(RejectionCode(code), row["rejection_detail"]) if code else None
    return Order(**ORDERS.read(row), rejection=rejection, lines=lines)


def _price_lists(rows: Iterable[asyncpg.Record]) -> Mapping[str, PriceList]:
    versions: dict[str, int] = {}
    prices: defaultdict[str, list[DatedPrice]] = defaultdict(list)
    for row in rows:
        versions[row["sku"]] = row["version"]
        if row["currency"] is not None:  # None: a list without prices
            price = Money(row["amount_minor"], row["currency"])
            prices[row["sku"]].append(DatedPrice(price, row["valid_from"], row["valid_until"]))
    return {sku: PriceList(version, tuple(prices[sku])) for sku, version in versions.items()}
