"""The orders of a file, in a temporary database on disk.

The rows of an order may be anywhere in the file, and a file may be larger than the memory. SQLite
deletes the database when it is closed, also when the process is killed.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from types import TracebackType
from typing import Final, Self

from waybill_toolkit.operations.order_import.findings import Findings
from waybill_toolkit.operations.order_import.rows import Row, RowError
from waybill_toolkit.operations.workload.client import APPROVED, Line, Order, WantedOrder

_PAGE: Final = 100  # orders
_SCHEMA: Final = """
    pragma journal_mode = off;
    pragma synchronous = off;
    create table orders (
        order_id integer primary key, order_ref text unique, customer_ref text, currency text,
        first_line integer, line_count integer default 0, total integer default 0,
        state text default 'open', reason text, is_new integer
    );
    create table lines (
        line_number integer primary key, order_id integer, sku text, name text, quantity integer,
        price integer, placed_at integer, record text, reason text
    );
"""
_INDEXES: Final = (
    "commit",
    "create index lines_by_order on lines (order_id, line_number)",
    "create index lines_by_sku on lines (sku)",
    "create index orders_by_state on orders (state, order_id)",
)
_TWO_PRICES: Final = """
    update orders set state = 'failed', reason = found.reason from (
        select order_id, 'sku ' || sku || ' has two prices, ' || min(price) || ' and '
            || max(price) || ': an order has one price for each SKU' as reason
        from lines where reason is null group by order_id, sku having min(price) < max(price)
    ) as found
    where orders.order_id = found.order_id and state = 'open'
"""
_NAME: Final = """
    select name from lines join orders using (order_id)
    where sku = ? and name <> '' and state <> 'failed' order by line_number limit 1
"""


@dataclass(frozen=True, slots=True)
class SpooledOrder:
    """An order of the file; each of its lines has the price of the file."""

    order_id: int
    first_line: int
    wanted: WantedOrder
    total_minor: int


class Spool:
    """The orders, their lines, and what became of them."""

    def __init__(self, lines_max: int) -> None:
        self._lines_max = lines_max
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_SCHEMA)
        self._database.execute("begin")

    @property
    def findings(self) -> Findings:
        """What became of the orders so far."""
        return Findings(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._database.close()

    def add(self, line_number: int, record: str, row: Row) -> None:
        """Add a row to its order. Raises RowError if it contradicts the order's other rows."""
        order = self._database.execute(
            "select order_id, customer_ref, currency, first_line, line_count from orders"
            " where order_ref = ?",
            (row.order_ref,),
        ).fetchone()
        if order is None:
            order_id = self._new_order(row.order_ref, line_number)
        else:
            order_id, customer_ref, currency, first_line, line_count = order
            _require_same("customer_ref", row.customer_ref, customer_ref, first_line)
            _require_same("currency", row.currency, currency, first_line)
            if line_count == self._lines_max:
                raise RowError(f"its order has more than {self._lines_max} lines")
        self._database.execute(
            "insert into lines values (?, ?, ?, ?, ?, ?, ?, ?, null)",
            (line_number, order_id, row.sku, row.name, row.quantity, row.unit_price_minor,
             row.placed_at, record),
        )  # fmt: skip
        self._database.execute(
            "update orders set customer_ref = ?, currency = ?, line_count = line_count + 1,"
            " total = total + ? where order_id = ?",
            (row.customer_ref, row.currency, row.quantity * row.unit_price_minor, order_id),
        )

    def spoil(self, line_number: int, record: str, order_ref: str, reason: str) -> None:
        """Add an invalid row. Its order fails; nothing else is taken from the row."""
        order_id = None
        if order_ref:
            order = self._database.execute(
                "select order_id from orders where order_ref = ?", (order_ref,)
            ).fetchone()
            order_id = order[0] if order else self._new_order(order_ref, line_number)
            self.fail(order_id, f"line {line_number} of its order is invalid")
        self._database.execute(
            "insert into lines (line_number, order_id, record, reason) values (?, ?, ?, ?)",
            (line_number, order_id, record, reason),
        )

    def complete(self, orders_max: int | None) -> None:
        """End the reading, and leave out all but the first orders."""
        for statement in _INDEXES:
            self._database.execute(statement)
        if orders_max is not None:
            self._database.execute(
                "update orders set state = 'left out' where state = 'open' and order_id not in"
                " (select order_id from orders where state = 'open' order by order_id limit ?)",
                (orders_max,),
            )

    def fail_orders_with_two_prices(self) -> None:
        """Fail the orders that have a SKU at two prices: the API has one at a time."""
        self._database.execute(_TWO_PRICES)

    def fail(self, order_id: int, reason: str) -> None:
        """Record that an order is not placed; the first reason counts."""
        self._database.execute(
            "update orders set state = 'failed', reason = ?"
            " where order_id = ? and state <> 'failed'",
            (reason, order_id),
        )

    def record(self, order_id: int, order: Order, *, is_new: bool) -> None:
        """Record what became of an order."""
        state = order.rejection_code or order.status if order.is_final else "in_flight"
        self._database.execute(
            "update orders set state = ?, is_new = ? where order_id = ?", (state, is_new, order_id)
        )

    def open_count(self) -> int:
        """Count the orders that have no outcome yet."""
        [count] = self._database.execute(
            "select count(*) from orders where state = 'open'"
        ).fetchone()
        return int(count)

    def open_orders(self) -> Iterator[SpooledOrder]:
        """Yield the orders that have no outcome yet, in the order of the file."""
        after = 0
        while page := self._database.execute(
            "select order_id, order_ref, customer_ref, currency, first_line, total from orders"
            " where state = 'open' and order_id > ? order by order_id limit ?",
            (after, _PAGE),
        ).fetchall():
            for order_id, order_ref, customer_ref, currency, first_line, total in page:
                lines = self._lines_of(order_id)
                wanted = WantedOrder(
                    order_ref, customer_ref, currency, lines, APPROVED,
                    key=_key(order_ref, customer_ref, currency, lines),
                )  # fmt: skip
                yield SpooledOrder(order_id, first_line, wanted, total)
                after = order_id

    def name_of(self, sku: str) -> str:
        """Return the first name of a SKU in orders that have not failed."""
        found = self._database.execute(_NAME, (sku,)).fetchone()
        return found[0] if found else ""

    def _new_order(self, order_ref: str, line_number: int) -> int:
        made = self._database.execute(
            "insert into orders (order_ref, first_line) values (?, ?)", (order_ref, line_number)
        )
        return int(made.lastrowid or 0)

    def _lines_of(self, order_id: int) -> list[Line]:
        rows = self._database.execute(
            "select sku, quantity, price from lines where order_id = ? and reason is null"
            " order by line_number",
            (order_id,),
        )
        return [Line(*row) for row in rows]


def _require_same(column: str, found: str, before: str | None, line_number: int) -> None:
    if before is not None and found != before:
        raise RowError(
            f"{column} is {found!r}, but {before!r} in line {line_number} of the same order; "
            "if these are two orders, import them from two files"
        )


def _key(order_ref: str, customer_ref: str, currency: str, lines: Sequence[Line]) -> str:
    """Return an Idempotency-Key that is the same for the same content only."""
    content = (order_ref, customer_ref, currency, [
        (line.sku, line.quantity, line.unit_price_minor) for line in lines
    ])  # fmt: skip
    return f"import-{sha256(repr(content).encode()).hexdigest()}"
