"""A pool of connections. Handing out an idle connection, and taking it back, never waits.

Each connection, and each attempt to open one, has one of `size_max` slots. A slot that becomes free
is passed on directly to the caller that has waited longest.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from waybill.metrics import Sample, read_by
from waybill.postgres.connection import close
from waybill.postgres.errors import DatabaseUnavailableError, unavailability
from waybill.postgres.metrics import (
    IDLE,
    IN_USE,
    POOL_MAX,
    WAIT_FAILURES,
    WAIT_SECONDS,
    WAITING,
)

if TYPE_CHECKING:
    from waybill.postgres.errors import RawConnection

# After this long a client gets a 503: at 10 connections and a few milliseconds for a transaction,
# thousands of other requests would have to be waiting.
ACQUIRE_TIMEOUT_SECONDS: Final = 5.0
# For the server to end a cancelled statement; after it the socket is dropped.
CANCEL_TIMEOUT_SECONDS: Final = 5.0
# An open connection costs the server some 4 MB; opening one takes milliseconds.
UNUSED_SECONDS: Final = 60.0

_POOLS: Final[WeakSet["ConnectionPool"]] = WeakSet()


class ConnectionPool:
    """Opens up to `size_max` connections with `connect`, and hands each to one user at a time."""

    def __init__(self, connect: "Callable[[], Awaitable[RawConnection]]", size_max: int) -> None:
        self._connect = connect
        self._size_max = size_max
        self._slots_taken = 0
        # A stack: at low rates the same connection is used again and again, with the statements
        # that it has prepared, and the others are closed.
        self._idle: list[RawConnection] = []
        self._unused = 0  # so many at the bottom of the stack were not used since the last sweep
        self._sweep: asyncio.TimerHandle | None = None
        # Never empty while a slot is free or a connection is idle.
        self._waiters: deque[asyncio.Future[RawConnection | None]] = deque()
        self._is_closed = False
        _POOLS.add(self)

    async def acquire(self) -> "RawConnection":
        """Return a connection for the sole use of the caller, who releases it.

        Raises DatabaseUnavailableError when none can be opened, none is free in time, or the pool
        is closed.
        """
        if self._is_closed:
            raise DatabaseUnavailableError("the connection pool is closed")
        while self._idle:
            raw = self._idle.pop()
            self._unused = min(self._unused, len(self._idle))
            if not raw.is_closed():
                return raw
            self._slots_taken -= 1
        began = time.perf_counter()
        try:
            with unavailability():
                async with asyncio.timeout(ACQUIRE_TIMEOUT_SECONDS):
                    return await self._take_slot() or await self._open()
        except DatabaseUnavailableError:
            WAIT_FAILURES.inc()
            raise
        finally:
            WAIT_SECONDS.observe(time.perf_counter() - began)

    def is_exhausted(self) -> bool:
        """Whether the next caller has to wait for a connection in use."""
        return not self._idle and self._slots_taken >= self._size_max

    async def open_extra(self) -> "RawConnection":
        """Open a connection without a slot; the caller closes it. Raises DatabaseUnavailableError.

        For what must not wait for those in use, as it reports on them.
        """
        with unavailability():
            return await self._connect()

    def readings(self) -> Iterator[Sample]:
        """Read how full it is."""
        idle = len(self._idle)
        yield IDLE.of(idle)
        yield IN_USE.of(self._slots_taken - idle)
        yield WAITING.of(sum(not each.done() for each in self._waiters))
        yield POOL_MAX.of(self._size_max)

    async def release(self, raw: "RawConnection") -> None:
        """Take a connection back.

        One that is lost, in a transaction or busy with a cancelled statement is closed and never
        used again. Only this waits: until the server has ended the statement and the transaction.
        """
        if _is_reusable(raw):
            self._pass_on(raw)
            return
        try:
            await close(raw, CANCEL_TIMEOUT_SECONDS)
        finally:
            self._pass_on(None)

    async def close(self) -> None:
        """Close all connections; waits for those in use, and for callers that wait for them."""
        if self._is_closed:
            return
        self._is_closed = True
        _POOLS.discard(self)
        for _ in range(self._size_max):
            raw = self._idle.pop() if self._idle else await self._take_slot()
            if raw is not None:
                await close(raw)
        if self._sweep is not None:
            self._sweep.cancel()

    async def _take_slot(self) -> "RawConnection | None":
        """Take a slot, in turn; returns the connection in it, None if one has to be opened."""
        if self._slots_taken < self._size_max:
            self._slots_taken += 1
            return None
        waiter: asyncio.Future[RawConnection | None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                with suppress(ValueError):  # it may have been skipped already
                    self._waiters.remove(waiter)
            else:
                self._pass_on(waiter.result())  # cancelled just after it was passed the slot
            raise

    async def _open(self) -> "RawConnection":
        try:
            return await self._connect()
        except BaseException:
            self._pass_on(None)
            raise

    def _pass_on(self, raw: "RawConnection | None") -> None:
        """Pass a slot, and the connection in it, to the first waiter, or keep it for the next."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(raw)
                return
        if raw is None:
            self._slots_taken -= 1
            return
        self._idle.append(raw)
        if self._sweep is None:
            self._sweep_later()

    def _sweep_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweep = loop.call_later(UNUSED_SECONDS, self._close_unused)

    def _close_unused(self) -> None:
        """Close the connections that were not used since the last sweep."""
        unused, self._idle = self._idle[: self._unused], self._idle[self._unused :]
        for raw in unused:
            raw.terminate()
        self._slots_taken -= len(unused)
        self._unused = len(self._idle)
        self._sweep = None
        if self._idle:
            self._sweep_later()


@read_by
def _readings() -> Iterator[Sample]:
    return (sample for pool in list(_POOLS) for sample in pool.readings())


def _is_reusable(raw: "RawConnection") -> bool:
    return not (
        raw.is_closed()
        or raw.is_in_transaction()
        # asyncpg has no public name for it; its own pool asks the same.
        or raw._protocol._is_cancelling()  # type: ignore[attr-defined]  # noqa: SLF001
    )
