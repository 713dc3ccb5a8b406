"""Work that is due at a time: rows with a due time, each in its owner's own table.

A timer does not hold times in memory. It asks its owner again and again to take what is due, one
transaction each: so a crash loses nothing, and replicas share the work (SKIP LOCKED).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeAlias

from waybill.backoff import Backoff
from waybill.clock import Clock, SystemClock
from waybill.postgres.errors import DatabaseUnavailableError
from waybill.postgres.pool import Database
from waybill.postgres.transaction import Transaction

_log = logging.getLogger(__name__)

TAKE_MAX: Final = 100
"""Rows in one transaction: enough to make it cheap per row, few enough to hold locks shortly."""

Take: TypeAlias = Callable[[Transaction, datetime, int], Awaitable[int]]


class Timer:
    """Something that is done when its time has come.

    `take(tx, now, n)` takes up to n due rows FOR UPDATE SKIP LOCKED, acts, and returns how many it
    took. What it does is committed with it, or not at all and then tried again. It may be called
    in several replicas at once.
    """

    def __init__(self, name: str, poll_seconds: float, take: Take) -> None:
        self.name = name
        self.poll_seconds = poll_seconds
        self.take = take
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look now, not at the next poll."""
        self._woken.set()

    async def sleep(self) -> None:
        """Wait for the next poll or `wake`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.poll_seconds):
                await self._woken.wait()
        self._woken.clear()


class TimerLoop:
    """Runs one timer in the background."""

    def __init__(self, timer: Timer, database: Database, clock: Clock | None = None) -> None:
        self.name = f"timer {timer.name}"
        self._timer = timer
        self._database = database
        self._clock = clock or SystemClock()

    async def run(self, stop: asyncio.Event) -> None:
        """Take what is due until `stop` is set, whatever fails or is away meanwhile."""
        backoff = Backoff(_log, self.name)
        async with asyncio.TaskGroup() as tasks:
            waker = tasks.create_task(self._wake_at(stop))
            while not stop.is_set():
                try:
                    taken = await self._take()
                except Exception as error:  # noqa: BLE001 (a timer goes on, whatever it meets)
                    if not backoff.failures and not isinstance(error, DatabaseUnavailableError):
                        _log.error("%s failed", self.name, exc_info=error)
                    await backoff.wait(error, stop)
                    continue
                backoff.reset()
                if not taken:
                    await self._timer.sleep()
            waker.cancel()

    async def _take(self) -> int:
        async with self._database.transaction() as tx:
            return await self._timer.take(tx, self._clock.now(), TAKE_MAX)

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._timer.wake()
