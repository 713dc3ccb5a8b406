"""A connection that begins its transaction late and queues its writes, to save round trips."""

from typing import TYPE_CHECKING, Any

import asyncpg
from typing_extensions import override

from waybill.postgres.connection import Connection
from waybill.postgres.writes import Write, combine, raise_if_conflict, table_of

if TYPE_CHECKING:
    from waybill.postgres.errors import RawConnection


class BufferedConnection(Connection):
    """A connection with one transaction, which needs few round trips.

    Writes passed to `enqueue` are queued and sent in one statement. BEGIN is sent with the first
    statement that has to be inside the transaction. A transaction of one statement needs no BEGIN.
    """

    __slots__ = ("_has_begun", "_queue")

    def __init__(self, raw: "RawConnection") -> None:
        super().__init__(raw)
        self._has_begun = False
        self._queue: dict[str, Write] = {}  # by table: no two of a statement change the same one

    @override
    async def fetch(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        await self._settle()
        return await super().fetch(sql, *arguments)

    @override
    async def fetchrow(self, sql: str, *arguments: object) -> asyncpg.Record | None:
        await self._settle()
        return await super().fetchrow(sql, *arguments)

    @override
    async def fetchval(self, sql: str, *arguments: object) -> Any:
        await self._settle()
        return await super().fetchval(sql, *arguments)

    @override
    async def execute(self, sql: str, *arguments: object) -> str:
        if not (self._has_begun or self._queue or arguments):
            self._has_begun = True
            return await super().execute(f"BEGIN; {sql}")  # one round trip for both
        await self._settle()
        return await super().execute(sql, *arguments)

    async def fetch_outside(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Return all rows of a SELECT that locks nothing.

        It runs outside the transaction as long as nothing was locked or written. The result is the
        same: at READ COMMITTED each statement sees what was committed before it.
        """
        if self._queue:
            await self._settle()
        return await super().fetch(sql, *arguments)

    async def enqueue(
        self,
        sql: str,
        *arguments: object,
        claims: str | None = None,
        guards: str | None = None,
    ) -> None:
        """Queue a plain INSERT, UPDATE or DELETE, which is sent at the latest at the commit.

        It is sent with the queued writes of other tables, before the next statement. It must not
        read what they change. Rows that others change too must be locked before it. Its errors are
        raised by the statement that sends it: ConcurrencyConflictError when it violates `claims`,
        a unique constraint, or when it sets `guards`, a not-null column (`table.column`), to null,
        which is how a statement reports that what it relies on has changed. Raises ValueError for
        another kind of statement.
        """
        table = table_of(sql)
        if table in self._queue:
            await self._settle()
        self._queue[table] = Write(
            sql,
            arguments,
            frozenset({claims} if claims else ()),
            frozenset({guards} if guards else ()),
        )

    async def _settle(self) -> None:
        """Begin the transaction, and send the queued writes, before the next statement."""
        if not self._has_begun:
            self._has_begun = True
            await super().execute("BEGIN")
        await self._flush()

    async def _flush(self) -> list[asyncpg.Record]:
        """Send the queued writes in one statement; returns the rows of the one that comes last."""
        if not self._queue:
            return []
        statement = combine(list(self._queue.values()))
        self._queue = {}
        try:
            if statement.comes_last:
                return await super().fetch(statement.sql, *statement.arguments)
            await super().execute(statement.sql, *statement.arguments)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise_if_conflict(error, statement)
            raise
        return []

    async def commit(self) -> None:
        """Commit the transaction. For the code that opened it."""
        await self._flush()
        if self._has_begun:
            await super().execute("COMMIT")

    async def rollback(self) -> None:
        """Roll the transaction back. For the code that opened it."""
        if self._has_begun:
            await super().execute("ROLLBACK")
