"""The database of one service: a connection pool, and the transactions that use it."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import asyncpg
from typing_extensions import override

from waybill.clock import Clock, SystemClock
from waybill.postgres.connection import Connection, close, open_raw
from waybill.postgres.connection_pool import ConnectionPool
from waybill.postgres.errors import ConcurrencyConflictError
from waybill.postgres.metrics import TRANSACTION_SECONDS, TRANSACTIONS
from waybill.postgres.outbox import SentEvent
from waybill.postgres.transaction import OnSent, Transaction
from waybill.postgres.transaction_spans import begin_transaction

if TYPE_CHECKING:
    from waybill.postgres.errors import RawConnection

Result = TypeVar("Result")

RUNS_MAX: Final = 3
"""Attempts of work that conflicts with concurrent transactions.

The second attempt no longer conflicts with the first transaction, which has ended.
"""

_COMMITTED: Final = TRANSACTIONS.labels("committed")
_ROLLED_BACK: Final = TRANSACTIONS.labels("rolled_back")

_WRITE_CHECK: Final = """
    SET LOCAL work_mem = '64kB';
    DO $$ BEGIN
        IF current_setting('transaction_read_only')::boolean THEN
            RAISE read_only_sql_transaction USING MESSAGE = 'transactions are read-only';
        END IF;
        PERFORM count(*) FROM generate_series(1, 8192);
    END $$
"""
"""Fails when a write would fail: the rows exceed work_mem, so they go to a temporary file.

A temporary file leaves nothing behind, and needs new blocks. A row might fit into an old one.
"""


class Database:
    """One service's database: the pool, and what every transaction needs.

    `on_sent` is called after each commit that appended to the outbox, with the appended events
    (`event_runtime` sets it to the relay). `begin` creates the transactions.
    """

    def __init__(self, pool: ConnectionPool, *, source: str | None, clock: Clock) -> None:
        self._pool = pool
        self._source = source
        self._clock = clock
        self.on_sent: OnSent = _ignore
        self.begin: Callable[..., Transaction] = Transaction

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        pool_max: int = 10,
        is_pooled: bool = False,
        source: str | None = None,
        clock: Clock | None = None,
    ) -> "Database":
        """Connect. `source` names the service in the events it sends (CloudEvents `source`).

        `is_pooled` is for the address of a pooler, such as PgBouncer, which gives a transaction any
        of its sessions: settings of sessions are then those of the role.

        Raises DatabaseUnavailableError.
        """
        connect = partial(open_raw, url, source or "waybill", is_pooled=is_pooled)
        pool = ConnectionPool(connect, pool_max)
        database = cls(pool, source=source, clock=clock or SystemClock())
        async with database.connection():
            return database

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Acquire a connection on which every statement commits by itself: for reads."""
        return _AcquiredConnection(self._pool)

    @asynccontextmanager
    async def reporting_connection(self) -> AsyncIterator[Connection]:
        """Acquire a connection to report on the database, also while all of the pool are in use.

        Then it is one more than the pool's maximum, until the end of the block. Raises
        DatabaseUnavailableError.
        """
        if not self._pool.is_exhausted():
            async with self.connection() as connection:
                yield connection
            return
        raw = await self._pool.open_extra()
        connection = Connection(raw)
        try:
            yield connection
        finally:
            connection.end()
            await close(raw)

    def transaction(self, *, optimistic: bool = False) -> AbstractAsyncContextManager[Transaction]:
        """Open a READ COMMITTED transaction: committed at the end, rolled back by an exception.

        The caller of an `optimistic` one retries its work after a ConcurrencyConflictError.
        """
        return _OpenTransaction(self._pool, self._begin, optimistic)

    def _begin(self, raw: "RawConnection") -> Transaction:
        return self.begin(raw, self._source, self._clock, self.on_sent)

    async def run(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """Do `work` in a transaction; retry it when it conflicts with a concurrent transaction.

        Raises ConcurrencyConflictError or asyncpg.TransactionRollbackError after the last attempt.
        """
        for _ in range(1, RUNS_MAX):
            with suppress(ConcurrencyConflictError, asyncpg.TransactionRollbackError):
                async with self.transaction() as tx:
                    return await work(tx)
        async with self.transaction() as tx:
            return await work(tx)

    async def check(self) -> None:
        """Return when the database can write. Raises DatabaseUnavailableError."""
        async with self.connection() as connection:
            await connection.execute(_WRITE_CHECK)

    async def close(self) -> None:
        """Close all connections; waits for those in use."""
        await self._pool.close()


# Every request and every batch uses these two. They are classes because each layer of
# @asynccontextmanager costs as much as handing out a connection.


class _AcquiredConnection(AbstractAsyncContextManager[Connection]):
    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    @override
    async def __aenter__(self) -> Connection:
        self._raw = await self._pool.acquire()
        self._connection = Connection(self._raw)
        return self._connection

    @override
    async def __aexit__(self, *_: object) -> None:
        self._connection.end()
        await self._pool.release(self._raw)


class _OpenTransaction(AbstractAsyncContextManager[Transaction]):
    def __init__(
        self,
        pool: ConnectionPool,
        begin: "Callable[[RawConnection], Transaction]",
        optimistic: bool,  # noqa: FBT001 - one private caller
    ) -> None:
        self._pool = pool
        self._begin = begin
        self._optimistic = optimistic

    @override
    async def __aenter__(self) -> Transaction:
        self._span = begin_transaction()
        self._raw = await self._pool.acquire()
        self._began = time.perf_counter()
        self._tx = self._begin(self._raw)
        self._tx.optimistic = self._optimistic
        if self._span is not None:
            self._span.connected()
        return self._tx

    @override
    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        tx = self._tx
        try:
            if error is None:
                await _commit(tx)
                _COMMITTED.inc()
            else:
                await _roll_back(tx)
        except BaseException as failure:
            error = failure
            raise
        finally:
            if self._span is not None:
                self._span.end(tx, error)
            tx.end()
            await self._pool.release(self._raw)
        if error is None:
            TRANSACTION_SECONDS.observe(time.perf_counter() - self._began)
            tx.committed()


async def _commit(tx: Transaction) -> None:
    try:
        await tx.finish()
        await tx.commit()
    except BaseException:
        await _roll_back(tx)
        raise


async def _roll_back(tx: Transaction) -> None:
    _ROLLED_BACK.inc()
    # The first error says more than that of a rollback on a lost connection.
    with suppress(Exception):
        await tx.rollback()


def _ignore(_: Sequence[SentEvent]) -> None:
    """Leave the events to a relay that reads the outbox."""
