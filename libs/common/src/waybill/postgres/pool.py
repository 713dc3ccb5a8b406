"""The database of one service: a connection pool, and the transactions that use it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, TypeVar

import asyncpg

from waybill.clock import Clock, SystemClock
from waybill.postgres.connection import (
    COMMAND_TIMEOUT_SECONDS,
    CONNECT_TIMEOUT_SECONDS,
    SERVER_SETTINGS,
    Connection,
)
from waybill.postgres.errors import ConcurrencyConflictError, unavailability
from waybill.postgres.outbox import SentEvent
from waybill.postgres.transaction import OnSent, Transaction

if TYPE_CHECKING:
    from waybill.postgres.errors import RawConnection

Result = TypeVar("Result")

RUNS_MAX: Final = 3
"""Attempts of work that conflicts with concurrent transactions.

The second attempt no longer conflicts with the first transaction, which has ended.
"""

# After this long a client gets a 503: at 10 connections and a few milliseconds for a transaction,
# thousands of other requests would have to be waiting.
ACQUIRE_TIMEOUT_SECONDS: Final = 5.0
# An open connection costs the server some 4 MB; opening one takes milliseconds.
UNUSED_SECONDS: Final = 60.0


class Database:
    """One service's database: the pool, and what every transaction needs.

    `on_sent` is called after each commit that appended to the outbox, with the appended events
    (`event_runtime` sets it to the relay). `begin` creates the transactions.
    """

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", *, source: str | None, clock: Clock
    ) -> None:
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
        source: str | None = None,
        clock: Clock | None = None,
    ) -> "Database":
        """Connect. `source` names the service in the events it sends (CloudEvents `source`).

        Raises DatabaseUnavailableError.
        """
        with unavailability():
            # With a minimum size, the pool would reconnect in the background, and log errors,
            # while the database is down. The first user of a connection opens it instead.
            pool = await asyncpg.create_pool(
                url,
                min_size=0,
                max_size=pool_max,
                timeout=CONNECT_TIMEOUT_SECONDS,
                command_timeout=COMMAND_TIMEOUT_SECONDS,
                max_inactive_connection_lifetime=UNUSED_SECONDS,
                reset=_keep_session,
                server_settings={**SERVER_SETTINGS, "application_name": source or "waybill"},
            )
        database = cls(pool, source=source, clock=clock or SystemClock())
        async with database.connection():
            return database

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Acquire a connection on which every statement commits by itself: for reads."""
        async with self._acquired() as raw:
            yield Connection(raw)

    @asynccontextmanager
    async def transaction(self, *, optimistic: bool = False) -> AsyncIterator[Transaction]:
        """Open a READ COMMITTED transaction: committed at the end, rolled back by an exception.

        The caller of an `optimistic` one retries its work after a ConcurrencyConflictError.
        """
        async with self._acquired() as raw:
            tx = self.begin(raw, self._source, self._clock, self.on_sent)
            tx.optimistic = optimistic
            try:
                yield tx
                await tx.finish()
                await tx.commit()
            except BaseException:
                # The first error says more than that of a rollback on a lost connection.
                with suppress(Exception):
                    await tx.rollback()
                raise
        tx.committed()

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

    async def close(self) -> None:
        """Close all connections; waits for those in use."""
        await self._pool.close()

    @asynccontextmanager
    async def _acquired(self) -> AsyncIterator["RawConnection"]:
        with unavailability():
            raw = await self._pool.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS)
        try:
            yield raw
        finally:
            await self._pool.release(raw)


async def _keep_session(_: object) -> None:
    """Do nothing when a connection returns to the pool.

    By default asyncpg spends a round trip on a reset of the session. Nothing needs a reset: the
    pool's connections are used as Connection and Transaction only, which leave no session state.
    """


def _ignore(_: Sequence[SentEvent]) -> None:
    """Leave the events to a relay that reads the outbox."""
