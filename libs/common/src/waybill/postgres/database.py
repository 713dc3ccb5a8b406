"""PostgreSQL as the services use it: a pool, transactions that can send events, two error types.

    DatabaseUnavailableError    the database is away, or gives no connection in time
    ConcurrencyConflictError               another transaction has claimed the same before

Everything else that goes wrong (constraint violations, deadlocks) surfaces as asyncpg raises it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import asyncpg
from typing_extensions import override

from waybill import trace
from waybill.clock import Clock, SystemClock
from waybill.events import Cause, Message, T, encode_payload
from waybill.ids import uuid7
from waybill.postgres.outbox import APPEND, PENDING, PendingEvent, SentEvent
from waybill.postgres.writes import Write, table_of, together

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    RawConnection: TypeAlias = (
        asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    )

Item = TypeVar("Item")
Result = TypeVar("Result")
OnSent: TypeAlias = Callable[[Sequence[SentEvent]], None]

RUNS_MAX: Final = 3
"""Of work that others are in the way of; whoever was first is not there any more at the second."""

# A client that has waited this long for a connection is better served by a 503: at 10 connections
# and a few milliseconds a transaction, thousands of others would have to be in front of it.
ACQUIRE_TIMEOUT_SECONDS: Final = 5.0
# Statements here take milliseconds. Only a lock that is never let go, or a server that has
# silently gone, takes this long.
COMMAND_TIMEOUT_SECONDS: Final = 30.0
CONNECT_TIMEOUT_SECONDS: Final = 5.0
# A connection costs the server some 4 MB for as long as it is there; making one takes milliseconds.
UNUSED_SECONDS: Final = 60.0
CLOSE_TIMEOUT_SECONDS: Final = 1.0  # a courtesy to the server; then the socket is just dropped

SERVER_SETTINGS: Final = {
    # Compiling costs more than it saves on statements of a few milliseconds.
    "jit": "off",
    # A process that froze inside a transaction must not hold its row locks for ever.
    "idle_in_transaction_session_timeout": "60s",
    # A peer that vanished without a word is found out in about 25 s (over TCP), not in two hours.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}

_AWAY: Final = (
    OSError,  # includes TimeoutError
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,  # a full disk, no memory, too many connections
    asyncpg.IdleInTransactionSessionTimeoutError,
    # What asyncpg says when the server dies in the middle of an exchange.
    asyncpg.InternalClientError,
)


class DatabaseUnavailableError(Exception):
    """The database cannot be reached or used now.

    Raised when no connection is to be had in time, and when one is lost in use. When it comes out
    of the end of a transaction, the commit may or may not have happened; repeating is safe only
    under an idempotency key or an inbox row.
    """


class ConcurrencyConflictError(Exception):
    """What this transaction claims or relies on was changed by another one, which has committed.

    Nothing was done. Done again it will find what the other one has done.
    """


class Connection:
    """One connection: the statements of asyncpg, with DatabaseUnavailableError for its losses."""

    __slots__ = ("_raw",)

    def __init__(self, raw: "RawConnection") -> None:
        self._raw = raw

    async def fetch(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Return all rows of a statement."""
        with _unavailable(self._raw):
            return await self._raw.fetch(sql, *arguments)

    async def fetchrow(self, sql: str, *arguments: object) -> asyncpg.Record | None:
        """Return the first row of a statement, or None."""
        with _unavailable(self._raw):
            return await self._raw.fetchrow(sql, *arguments)

    async def fetchval(self, sql: str, *arguments: object) -> Any:  # noqa: ANN401 (as asyncpg)
        """Return the first column of the first row, or None."""
        with _unavailable(self._raw):
            return await self._raw.fetchval(sql, *arguments)

    async def execute(self, sql: str, *arguments: object) -> str:
        """Run a statement; returns its command tag, such as "UPDATE 3"."""
        with _unavailable(self._raw):
            return await self._raw.execute(sql, *arguments)

    def check(self) -> None:
        """Raise DatabaseUnavailableError when the connection is known to be lost."""
        if _is_closed(self._raw):
            raise DatabaseUnavailableError("the connection to the database is lost")

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Call `heard` at each NOTIFY on the channel, as long as this connection lasts."""
        with _unavailable(self._raw):
            await self._raw.add_listener(channel, lambda *_: heard())


class Transaction(Connection):
    """A transaction that is committed or rolled back by whoever opened it, never by its user.

    It costs as few round trips as can be. What is written with `enqueue` waits, and goes out in one
    statement. PostgreSQL is told of the transaction at the first statement that has to be in it;
    when all there is is one statement, that is a transaction by itself.
    """

    __slots__ = (
        "_afterwards",
        "_appended",
        "_appending",
        "_clock",
        "_deferred",
        "_has_begun",
        "_on_sent",
        "_sent",
        "_source",
        "_writes",
        "optimistic",
    )

    def __init__(
        self,
        raw: "RawConnection",
        source: str | None,
        clock: Clock,
        on_sent: OnSent,
    ) -> None:
        super().__init__(raw)
        self._source = source
        self._clock = clock
        self._on_sent = on_sent
        self._has_begun = False
        self._writes: list[Write] = []
        self._deferred: dict[Callable[..., Awaitable[None]], list[Any]] = {}
        self._sent: list[PendingEvent] = []
        self._appending: list[PendingEvent] = []
        self._appended: list[SentEvent] = []
        self._afterwards: list[Callable[[], None]] = []
        self.optimistic = False
        """Whether the work may rely on what this process remembers, without reading it again.

        Only for work whose writes raise ConcurrencyConflictError when that has changed. The work
        is then retried in a transaction that is not optimistic.
        """

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
        if not (self._has_begun or self._writes or arguments):
            self._has_begun = True
            return await super().execute(f"BEGIN; {sql}")  # one round trip for both
        await self._settle()
        return await super().execute(sql, *arguments)

    async def fetch_outside(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Return all rows of a SELECT that locks nothing.

        As long as nothing was locked or written, it makes no difference whether that happens inside
        the transaction: at READ COMMITTED each statement sees what was committed before it.
        """
        if self._writes:
            await self._settle()
        return await super().fetch(sql, *arguments)

    async def enqueue(
        self,
        sql: str,
        *arguments: object,
        claims: str | None = None,
        guards: str | None = None,
    ) -> None:
        """Change a table by a plain INSERT, UPDATE or DELETE, at the latest at the end.

        It goes out with the writes of other tables, before the next statement. It must not read
        what they change, and rows must be locked before it when others change them too. What goes
        wrong is raised by the statement that sends it: ConcurrencyConflictError when `claims`, a
        unique constraint, does not hold, or when `guards`, a not-null column (`table.column`),
        would become null: this is how a statement reports that what it relies on has changed.
        Raises ValueError for another kind of statement.
        """
        table = table_of(sql)
        if any(table_of(waiting.sql) == table for waiting in self._writes):
            await self._settle()
        self._writes.append(
            Write(
                sql,
                arguments,
                frozenset({claims} if claims else ()),
                frozenset({guards} if guards else ()),
            )
        )

    async def _settle(self) -> None:
        """Let the next statement be in the transaction, and see all that was written."""
        if not self._has_begun:
            self._has_begun = True
            await super().execute("BEGIN")
        await self._write_now()

    async def _write_now(self) -> None:
        if not self._writes:
            return
        writes, self._writes = self._writes, []
        whole = together(writes)
        try:
            if whole.comes_last:
                rows = await super().fetch(whole.sql, *whole.arguments)
                # Positions are given out one by one, in the order of sending.
                positions = sorted(row["position"] for row in rows)
                self._appended += map(SentEvent, positions, self._appending)
            else:
                await super().execute(whole.sql, *whole.arguments)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name in whole.claims:
                raise ConcurrencyConflictError(f"another transaction was first: {error}") from error
            raise
        except asyncpg.NotNullViolationError as error:
            column = f"{error.table_name}.{error.column_name}"
            if column in whole.guards:
                raise ConcurrencyConflictError(f"what {column} relies on has changed") from error
            raise

    def defer(
        self,
        work: "Callable[[Transaction, list[Item]], Awaitable[None]]",
        items: Iterable[Item],
    ) -> None:
        """Have `work` done once, at the end, for all items that were put off for it by then.

        So what many parts of a transaction want costs the statements of one.
        """
        self._deferred.setdefault(work, []).extend(items)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Have `call` made once the commit has succeeded; never when that is not known."""
        self._afterwards.append(call)

    def send(self, message: Message[T], data: T, cause: Cause | None = None) -> None:
        """Append an event to the outbox: it is published if, and only if, the commit succeeds.

        Per key the events are published in the order of their transactions' commits, provided
        that the transaction locks the aggregate before it ends; in one transaction, in the order
        of the calls. `cause` is what led to it: its trace is carried on (default: the current
        trace). Raises PayloadTooLargeError.
        """
        if self._source is None:
            raise RuntimeError("this Database was opened without a source, so it cannot send")
        self._sent.append(
            PendingEvent(
                event_id=uuid7(),
                topic=message.topic,
                key=str(getattr(data, message.key)),
                type=message.type,
                source=self._source,
                time=self._clock.now(),
                traceparent=(cause and cause.traceparent) or trace.current_traceparent(),
                payload=encode_payload(data),
            )
        )

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Undo what is done and sent inside when it raises; the transaction itself goes on."""
        deferred = {work: list(items) for work, items in self._deferred.items()}
        before = deferred, list(self._sent), list(self._afterwards), list(self._appended)
        await self.execute("SAVEPOINT attempt")
        try:
            yield
            await self._write_now()
        except BaseException:
            self._deferred, self._sent, self._afterwards, self._appended = before
            self._writes = []
            with suppress(DatabaseUnavailableError):
                await self.execute("ROLLBACK TO SAVEPOINT attempt")
            raise
        await self.execute("RELEASE SAVEPOINT attempt")

    async def finish(self) -> None:
        """Do what was put off, and write what was sent.

        For whoever opened the transaction. The outbox is written by the last statement before the
        commit, when the aggregates are locked: so the positions of one aggregate's events follow
        the order of the commits.
        """
        while self._deferred:
            work = next(iter(self._deferred))
            await work(self, self._deferred.pop(work))
        if self._sent:
            if any(waiting.comes_last for waiting in self._writes):
                await self._settle()
            columns = tuple(PENDING.arrays(self._sent))
            self._writes.append(Write(APPEND, columns, comes_last=True))
            self._appending, self._sent = self._sent, []

    async def commit(self) -> None:
        """End the transaction. For whoever opened it."""
        await self._write_now()
        if self._has_begun:
            await super().execute("COMMIT")

    async def rollback(self) -> None:
        """Undo all of it. For whoever opened it."""
        if self._has_begun:
            await super().execute("ROLLBACK")

    def committed(self) -> None:
        """Make the calls that were to come after the commit, each once."""
        for call in dict.fromkeys(self._afterwards):
            call()
        if self._appended:
            self._on_sent(self._appended)


@asynccontextmanager
async def connect(
    url: str, *, name: str, command_timeout_seconds: float | None = COMMAND_TIMEOUT_SECONDS
) -> AsyncIterator[Connection]:
    """Open a connection of its own beside any pool: for session locks, LISTEN and migrations.

    An open transaction, locks and LISTEN end with it. Raises DatabaseUnavailableError.
    """
    with _unavailable():
        raw = await asyncpg.connect(
            url,
            timeout=CONNECT_TIMEOUT_SECONDS,
            command_timeout=command_timeout_seconds,
            server_settings={**SERVER_SETTINGS, "application_name": name},
        )
    try:
        yield Connection(raw)
    finally:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await raw.close(timeout=CLOSE_TIMEOUT_SECONDS)


class Database:
    """One service's database: the pool, and what every transaction needs.

    `on_sent` is called after each commit that appended to the outbox, with what it appended
    (`event_runtime` sets it to the relay). `begin` makes its transactions.
    """

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", *, source: str | None, clock: Clock
    ) -> None:
        self._pool = pool
        self._source = source
        self._clock = clock
        self.on_sent: OnSent = _nobody
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
        with _unavailable():
            # A floor of connections would have to be restored in the background while the database
            # is away; that is noisy, and the first user of a connection can as well make it.
            pool = await asyncpg.create_pool(
                url,
                min_size=0,
                max_size=pool_max,
                timeout=CONNECT_TIMEOUT_SECONDS,
                command_timeout=COMMAND_TIMEOUT_SECONDS,
                max_inactive_connection_lifetime=UNUSED_SECONDS,
                reset=_leave,
                server_settings={**SERVER_SETTINGS, "application_name": source or "waybill"},
            )
        database = cls(pool, source=source, clock=clock or SystemClock())
        async with database.connection():
            return database

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection on which every statement commits by itself: for reads."""
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
                # The first error tells more than that of a rollback on a lost connection.
                with suppress(Exception):
                    await tx.rollback()
                raise
        tx.committed()

    async def run(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """Do `work` in a transaction, and again when another one was in its way.

        Raises ConcurrencyConflictError or asyncpg.TransactionRollbackError after the last attempt.
        """
        for _ in range(1, RUNS_MAX):
            with suppress(ConcurrencyConflictError, asyncpg.TransactionRollbackError):
                async with self.transaction() as tx:
                    return await work(tx)
        async with self.transaction() as tx:
            return await work(tx)

    async def close(self) -> None:
        """Give all connections back to the server; waits for those in use."""
        await self._pool.close()

    @asynccontextmanager
    async def _acquired(self) -> AsyncIterator["RawConnection"]:
        with _unavailable():
            raw = await self._pool.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS)
        try:
            yield raw
        finally:
            await self._pool.release(raw)


@contextmanager
def _unavailable(raw: "RawConnection | None" = None) -> Iterator[None]:
    try:
        yield
    except _AWAY as error:
        raise DatabaseUnavailableError(f"{type(error).__name__}: {error}") from error
    except asyncpg.InterfaceError as error:
        # asyncpg says with this type both "connection is closed" and "you use me wrongly".
        if raw is not None and not _is_closed(raw):
            raise
        raise DatabaseUnavailableError(str(error)) from error


def _is_closed(raw: "RawConnection") -> bool:
    try:
        return raw.is_closed()
    except asyncpg.InterfaceError:  # the pool has already taken a lost connection back
        return True


async def _leave(_: object) -> None:
    """Do nothing when a connection returns to the pool.

    asyncpg would spend a round trip on clearing session state. There is none: connections are
    only lent as Connection and Transaction, and session settings and locks are not for those.
    """


def _nobody(_: Sequence[SentEvent]) -> None:
    """Let the events be found in the outbox."""
