"""A transaction: its events, its deferred work, and what follows its commit."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import asyncpg
from typing_extensions import override

from waybill.actor import SYSTEM
from waybill.clock import Clock
from waybill.events import Cause, Message, T
from waybill.postgres.buffered_connection import BufferedConnection
from waybill.postgres.errors import DatabaseUnavailableError
from waybill.postgres.outbox import OUTBOX, SentEvent, TransactionOutbox

if TYPE_CHECKING:
    from waybill.postgres.errors import RawConnection

Item = TypeVar("Item")
OnSent: TypeAlias = Callable[[Sequence[SentEvent]], None]


class Transaction(BufferedConnection):
    """A transaction. The code that opened it commits it or rolls it back, never its user.

    It sends events through the outbox, and defers work to its end.
    """

    __slots__ = ("_after_commit", "_deferred", "_on_sent", "_outbox", "actor", "optimistic")

    def __init__(
        self,
        raw: "RawConnection",
        source: str | None,
        clock: Clock,
        on_sent: OnSent,
    ) -> None:
        super().__init__(raw)
        self._on_sent = on_sent
        self._outbox = TransactionOutbox(source, clock)
        self._deferred: dict[Callable[..., Awaitable[None]], list[Any]] = {}
        self._after_commit: list[Callable[[], None]] = []
        self.actor: str | None = SYSTEM
        """Who causes what is done without another cause: the caller of a request, or a timer.

        None if the work has several causes, each of which has an actor of its own.
        """
        self.optimistic = False
        """Whether the work may use state cached in this process without reading it again.

        Only for work whose writes raise ConcurrencyConflictError when that state has changed. The
        work is then retried in a transaction that is not optimistic.
        """

    @property
    def events_sent(self) -> int:
        """The events that the transaction has written to the outbox so far."""
        return len(self._outbox.appended)

    @override
    async def _flush(self) -> list[asyncpg.Record]:
        if rows := await super()._flush():
            self._outbox.written(rows)
        return rows

    def defer(
        self,
        work: "Callable[[Transaction, list[Item]], Awaitable[None]]",
        items: Iterable[Item],
    ) -> None:
        """Call `work` once, before the commit, with the items of all calls of `defer` for it.

        So several parts of a transaction share the statements of one call.
        """
        self._deferred.setdefault(work, []).extend(items)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call `call` once the commit has succeeded, and never when its outcome is unknown."""
        self._after_commit.append(call)

    def send(self, message: Message[T], data: T, cause: Cause | None = None) -> None:
        """Append an event to the outbox: it is published if, and only if, the commit succeeds.

        Per key the events are published in the order of their transactions' commits, provided
        that the transaction locks the aggregate before it ends; in one transaction, in the order
        of the calls. The event has the trace and the actor of `cause` (default: the current trace,
        the actor of this transaction). Raises PayloadTooLargeError.
        """
        self._outbox.send(message, data, cause, self.actor)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Roll back what the block has done and sent when it raises; the transaction stays open."""
        await self.execute("SAVEPOINT attempt")
        deferred = {work: list(items) for work, items in self._deferred.items()}
        before = deferred, list(self._after_commit), self._outbox.copy()
        try:
            yield
            await self._flush()
        except BaseException:
            self._deferred, self._after_commit, self._outbox = before
            self._queue.clear()
            with suppress(DatabaseUnavailableError):
                await self.execute("ROLLBACK TO SAVEPOINT attempt")
            raise
        await self.execute("RELEASE SAVEPOINT attempt")

    async def finish(self) -> None:
        """Run the deferred work, and queue the outbox write. For the code that opened it.

        The outbox is written by the last statement before the commit, when the aggregates are
        locked. So the positions of one aggregate's events follow the order of the commits.
        """
        while self._deferred:
            work = next(iter(self._deferred))
            await work(self, self._deferred.pop(work))
        if self._outbox.unwritten:
            if OUTBOX in self._queue:
                await self._settle()
            self._queue[OUTBOX] = self._outbox.write()

    def committed(self) -> None:
        """Make the calls passed to `after_commit`, each once. For the code that opened it."""
        for call in dict.fromkeys(self._after_commit):
            call()
        if self._outbox.appended:
            self._on_sent(self._outbox.appended)
