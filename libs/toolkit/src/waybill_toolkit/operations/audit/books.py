"""The audit's own books: extracts of several databases side by side, in one SQLite file.

No service's database can see another one, and none has to be trusted with a copy; a temporary file
of SQLite joins them, holds more than memory does, and is gone with the audit.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

TABLES: Final = """
    create table settled (order_id text primary key, status, total_minor, currency);
    create table orders (order_id text primary key, status, total_minor, currency, units);
    create table holdings (order_id text primary key, status, units);
    create table paid (order_id text primary key, status, amount_minor, currency,
        captured_minor, refunded_minor);
    create table sent (event_id text primary key, sender, type, topic, partition, position,
        published_at);
    create table taken (receiver, event_id text, at, primary key (receiver, event_id));
    create index sent_by_partition on sent (topic, partition, position);
    create table receives (receiver, type text, primary key (receiver, type));
"""
# An order counts as settled only if it is still so after the neighbours were looked at.
UNSETTLE: Final = """
    delete from settled where not exists (
        select 1 from orders
        where orders.order_id = settled.order_id and orders.status = settled.status)
"""


class Books:
    """Opens empty; to be closed by `with`."""

    def __init__(self) -> None:
        self._books = sqlite3.connect("")  # a temporary file of its own

    def __enter__(self) -> Self:
        self._books.executescript(TABLES)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._books.close()

    def enter(self, insert: str, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows, each of plain numbers, texts and nothing else."""
        self._books.executemany(insert, rows)

    def finish(self, receives: Mapping[str, Iterable[str]]) -> None:
        """Say that all looks are entered, and which service receives which event types."""
        self.enter(
            "insert into receives values (?, ?)",
            [(receiver, type_) for receiver, types in receives.items() for type_ in types],
        )
        self._books.execute(UNSETTLE)

    def ask(
        self, sql: str, at_most: int, parameters: Mapping[str, float] | None = None
    ) -> list[dict[str, Any]]:
        """Return the first rows that a query finds, by the names of its columns."""
        cursor = self._books.execute(sql, parameters or {})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchmany(at_most)]
