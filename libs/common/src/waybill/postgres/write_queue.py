"""The queue of writes that a transaction has not sent yet."""

import asyncpg

from waybill.postgres.connection import Connection
from waybill.postgres.errors import ConcurrencyConflictError
from waybill.postgres.writes import Write, combine, table_of


class WriteQueue:
    """Collects writes of different tables and sends them in one statement."""

    __slots__ = ("_connection", "_writes")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._writes: list[Write] = []

    def __bool__(self) -> bool:
        """Return whether writes are queued."""
        return bool(self._writes)

    @property
    def ends_with_outbox(self) -> bool:
        """Whether the write that comes last is queued already."""
        return any(write.comes_last for write in self._writes)

    def changes_table_of(self, sql: str) -> bool:
        """Return whether a queued write changes the table that `sql` changes.

        Raises ValueError when `sql` is not a plain INSERT, UPDATE or DELETE.
        """
        table = table_of(sql)
        return any(table_of(write.sql) == table for write in self._writes)

    def add(self, write: Write) -> None:
        """Queue a write of a table that no queued write changes."""
        self._writes.append(write)

    def clear(self) -> None:
        """Drop all queued writes."""
        self._writes = []

    async def flush(self) -> list[asyncpg.Record]:
        """Send the queued writes in one statement; returns the rows of the one that comes last.

        Raises ConcurrencyConflictError when one of their claims or guards fails.
        """
        if not self._writes:
            return []
        writes, self._writes = self._writes, []
        statement = combine(writes)
        try:
            if statement.comes_last:
                return await self._connection.fetch(statement.sql, *statement.arguments)
            await self._connection.execute(statement.sql, *statement.arguments)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name in statement.claims:
                raise ConcurrencyConflictError(
                    f"a concurrent transaction inserted the same key: {error}"
                ) from error
            raise
        except asyncpg.NotNullViolationError as error:
            column = f"{error.table_name}.{error.column_name}"
            if column in statement.guards:
                raise ConcurrencyConflictError(
                    f"a concurrent transaction changed what {column} relies on"
                ) from error
            raise
        return []
