"""Timers: work that is due at a time, stored as rows with a due time in the table of its owner.

A timer holds no times in memory. It polls its owner for rows that are due, one transaction each. So
a crash loses nothing, and replicas share the work (SKIP LOCKED).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeAlias

from waybill.backoff import Backoff
from waybill.clock import Clock, SystemClock
from waybill.metrics import begin_at_zero
from waybill.postgres.errors import DatabaseUnavailableError
from waybill.postgres.metrics import TIMER_FAILURES, TIMER_ROWS
from waybill.postgres.pool import Database
from waybill.postgres.transaction import Transaction

_log = logging.getLogger(__name__)

TAKE_MAX: Final = 100
"""Rows for each transaction: enough to make it cheap per row, few enough for short locks."""

Take: TypeAlias = Callable[[Transaction, datetime, int], Awaitable[int]]


class Timer:
    """Work that runs when it is due.

    `take(tx, now, n)` takes up to n due rows FOR UPDATE SKIP LOCKED, processes them, and
    returns how many. Its transaction is committed, or rolled back and retried. Several replicas may
    call it at once.
    """

    def __init__(self, name: str, poll_seconds: float, take: Take) -> None:
        self.name = name
        self.poll_seconds = poll_seconds
        self.take = take
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Poll now."""
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
        begin_at_zero("waybill_timer_rows_total", timer.name)
        begin_at_zero("waybill_timer_failures_total", timer.name)

    async def run(self, stop: asyncio.Event) -> None:
        """Process due rows until `stop` is set; retries failures."""
        backoff = Backoff(_log, self.name)
        async with asyncio.TaskGroup() as tasks:
            waker = tasks.create_task(self._wake_at(stop))
            while not stop.is_set():
                try:
                    taken = await self._take()
                except Exception as error:  # noqa: BLE001 (a timer retries after any error)
                    TIMER_FAILURES.labels(self._timer.name).inc()
                    if not backoff.failures and not isinstance(error, DatabaseUnavailableError):
                        _log.error("%s failed", self.name, exc_info=error)
                    await backoff.wait(error, stop)
                    continue
                backoff.reset()
                if taken:
                    TIMER_ROWS.labels(self._timer.name).inc(taken)
                else:
                    await self._timer.sleep()
            waker.cancel()

    async def _take(self) -> int:
        async with self._database.transaction() as tx:
            return await self._timer.take(tx, self._clock.now(), TAKE_MAX)

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._timer.wake()
