"""The audit's own database: extracts of several databases in one SQLite file.

The databases of the services cannot query each other, and none of them should store a copy of
another. A temporary SQLite file can join the extracts, may be larger than memory, and is deleted
after the audit.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

TABLES: Final = """
    create table settled (order_id text primary key, status, total_minor, currency);
    create table orders (order_id text primary key, status, total_minor, currency, units);
    create table promised (order_id text primary key, total_minor, currency);
    create table known_prices (sku text primary key, version, prices);
    create table catalog_prices (sku text primary key, version, prices);
    create table holdings (order_id text primary key, status, units, is_recent);
    create table paid (order_id text primary key, status, amount_minor, currency,
        captured_minor, refunded_minor);
    create table sent (event_id text primary key, sender, type, topic, partition, position,
        published_at);
    create table taken (receiver, event_id text, at, primary key (receiver, event_id));
    create index sent_by_partition on sent (topic, partition, position);
    create table receives (receiver, type text, primary key (receiver, type));
"""
# An order counts as settled only if its status is the same after the other services were read.
UNSETTLE: Final = """
    delete from settled where not exists (
        select 1 from orders
        where orders.order_id = settled.order_id and orders.status = settled.status)
"""


def joined_status(one: str, other: str) -> str:
    """Return the status of an order with these reservations: committed only if both are."""
    return one if one == other else "reserved"


def joined_units(one: str | None, other: str | None) -> str | None:
    """Join units by SKU, each a jsonb as text, into one as PostgreSQL would print it."""
    if one is None or other is None:
        return one or other
    units = json.loads(one) | json.loads(other)
    ordered = sorted(units, key=lambda sku: (len(sku.encode()), sku.encode()))
    return json.dumps({sku: units[sku] for sku in ordered}, ensure_ascii=False)


class AuditStore:
    """A temporary database; use it as a context manager."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("")  # a temporary file

    def __enter__(self) -> Self:
        self._connection.create_function("joined_status", 2, joined_status, deterministic=True)
        self._connection.create_function("joined_units", 2, joined_units, deterministic=True)
        self._connection.executescript(TABLES)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def enter(self, insert: str, rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows that consist of numbers and texts."""
        self._connection.executemany(insert, rows)

    def finish(self, receives: Mapping[str, Iterable[str]]) -> None:
        """Insert the event types that each service receives, and finish the extracts."""
        self.enter(
            "insert into receives values (?, ?)",
            [(receiver, type_) for receiver, types in receives.items() for type_ in types],
        )
        self._connection.execute(UNSETTLE)

    def ask(
        self, sql: str, at_most: int, parameters: Mapping[str, float] | None = None
    ) -> list[dict[str, Any]]:
        """Return the first rows of a query as dictionaries."""
        cursor = self._connection.execute(sql, parameters or {})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchmany(at_most)]
