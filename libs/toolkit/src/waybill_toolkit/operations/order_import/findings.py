"""What became of the orders of a spool."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.operations.workload.client import Price

_CHARGED: Final = "state not in ('failed', 'open', 'left out')"
_SUMS: Final = f"""
    select currency, sum(total), sum(case when {_CHARGED} then total else 0 end)
    from orders where state <> 'left out' and currency is not null
    group by currency order by currency
"""  # noqa: S608 - constants
_NEWEST_PRICES: Final = f"""
    select sku, price, currency, max(placed_at)
    from lines join orders using (order_id) where {_CHARGED} group by sku, currency
"""  # noqa: S608 - constants
_FAILED_LINES: Final = """
    select line_number, record, lines.reason, orders.reason
    from lines left join orders using (order_id)
    where lines.order_id is null or orders.state = 'failed' order by line_number
"""


@dataclass(frozen=True, slots=True)
class FailedLine:
    """A record that belongs to no order, or to one that failed. `reason` is its own or ''."""

    line_number: int
    record: str
    reason: str
    order_reason: str


@dataclass(frozen=True, slots=True)
class Sum:
    """Amounts of one currency, in its smallest unit: of all orders, of those that are placed."""

    currency: str
    in_file: int
    placed: int


class Findings:
    """Queries on the database of a spool."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def counts(self) -> dict[tuple[str, bool], int]:
        """Count the orders by outcome, and by whether this run has placed them."""
        rows = self._database.execute(
            "select state, coalesce(is_new, 0), count(*) from orders group by 1, 2"
        )
        return {(state, bool(is_new)): count for state, is_new, count in rows}

    def sums(self) -> Sequence[Sum]:
        return [Sum(*row) for row in self._database.execute(_SUMS)]

    def newest_prices(self) -> Iterator[tuple[str, Price]]:
        """Yield each SKU with the price of its newest placed line, in each currency."""
        for sku, price, currency, _ in self._database.execute(_NEWEST_PRICES):
            yield sku, Price(price, currency)

    def invalid_rows(self) -> Iterator[tuple[int, str, str]]:
        """Yield line number, order reference (or '') and reason of the invalid rows."""
        yield from self._database.execute(
            "select line_number, coalesce(order_ref, ''), lines.reason"
            " from lines left join orders using (order_id)"
            " where lines.reason is not null order by line_number"
        )

    def failed_lines(self) -> Iterator[FailedLine]:
        """Yield all records of failed orders, and those of no order."""
        for number, record, reason, order_reason in self._database.execute(_FAILED_LINES):
            yield FailedLine(number, record, reason or "", order_reason or "")

    def failed_orders(self) -> Iterator[tuple[str, int, str]]:
        """Yield reference, first line and reason of orders that failed without an invalid row."""
        yield from self._database.execute(
            "select order_ref, first_line, reason from orders where state = 'failed' and not exists"
            " (select from_lines.reason from lines as from_lines"
            "  where from_lines.order_id = orders.order_id and from_lines.reason is not null)"
            " order by order_id"
        )
