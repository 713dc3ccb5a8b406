"""Keeping one process alive: start it, wait until it is ready, start it again when it ends."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from typing import Any, Final

from waybill_toolkit.platform.children import Child, describe
from waybill_toolkit.platform.errors import PlatformError, StartError
from waybill_toolkit.platform.managed_process import ManagedProcess
from waybill_toolkit.platform.prefork_client import PreforkGoneError
from waybill_toolkit.platform.state import Condition, ProcessState

ATTEMPTS_MAX: Final = 5  # at the first start; later it is tried for ever
READY_SECONDS: Final = 120.0  # for the first start on a very busy machine; a quiet one needs 2

_POLL_SECONDS = 0.025
_DELAY_FIRST_SECONDS = 0.1
_DELAY_MAX_SECONDS = 5.0
_STEADY_SECONDS = 10.0  # who was ready this long starts again without delay


class Watchdog:
    def __init__(
        self, unit: ManagedProcess, say: Callable[[str], None], on_change: Callable[[], None]
    ) -> None:
        loop = asyncio.get_running_loop()
        self.unit = unit
        self.state = ProcessState(unit.name, unit.kind, unit.address, unit.has_database)
        self.first_ready: asyncio.Future[None] = loop.create_future()
        self._stopping: asyncio.Future[None] = loop.create_future()
        self._stopped: asyncio.Future[None] = loop.create_future()
        self._hurry: asyncio.Future[None] = loop.create_future()
        self._has_begun = False
        self._say = say
        self._on_change = on_change
        self._failures = 0
        self._ready_at: float | None = None

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Keep it until `stop`. `first_ready` fails with StartError when it never became ready."""
        self._has_begun = True
        tasks.create_task(self._keep())

    async def _keep(self) -> None:
        try:
            while not self._stopping.done():
                await self._wait_until(self.unit.may_launch)
                if not self._stopping.done():
                    await self._live_once()
        finally:
            self.state.ended(Condition.STOPPED)
            self._on_change()
            self._stopped.set_result(None)

    async def stop(self) -> None:
        """Ask the process to stop, kill it when it takes too long; returns when it is gone."""
        if not self._stopping.done():
            self._stopping.set_result(None)
        if self._has_begun:
            await self._stopped

    def hurry(self) -> None:
        """Give it no more time to stop."""
        if not self._hurry.done():
            self._hurry.set_result(None)

    async def _live_once(self) -> None:
        began = time.monotonic()
        try:
            child = await self.unit.launch()
        except (OSError, PreforkGoneError, PlatformError) as error:
            await self._down(f"{self.unit.name} cannot be started: {error}")
            return
        self.state.began(child.pid)
        self._on_change()
        self._ready_at = None
        await self._see_through(child, began)
        if child.ended.done() and not self._stopping.done():
            exit_code = child.ended.result()
            what_happened = f"{self.unit.name} (pid {child.pid}) {describe(exit_code)}"
            if exit_code == os.EX_CONFIG:
                self._give_up(f"{what_happened}, for its settings are wrong")
            await self._down(what_happened)
        else:
            await self._end(child)

    async def _see_through(self, child: Child, began: float) -> None:
        """Return when it has ended or is to be stopped."""
        over: set[asyncio.Future[Any]] = {child.ended, self._stopping}
        while not any(future.done() for future in over):
            if await self.unit.is_ready(child):
                self._became_ready(began)
                await asyncio.wait(over, return_when=asyncio.FIRST_COMPLETED)
            elif time.monotonic() - began > READY_SECONDS:
                self._give_up(f"{self.unit.name} was not ready within {READY_SECONDS:g} s")
                await asyncio.wait(over, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.wait(over, timeout=_POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)

    def _became_ready(self, began: float) -> None:
        self.state.condition = Condition.READY
        self._ready_at = time.monotonic()
        self.state.ready_after_seconds = round(self._ready_at - began, 3)
        if self.first_ready.done():
            self._say(f"{self.unit.name} is ready again (pid {self.state.pid})")
        else:
            self.first_ready.set_result(None)
        self._on_change()

    async def _down(self, what_happened: str) -> None:
        """Say it, and wait before the next start."""
        was_steady = self._ready_at and time.monotonic() - self._ready_at > _STEADY_SECONDS
        self._failures = 1 if was_steady else self._failures + 1
        if not self.first_ready.done() and self._failures >= ATTEMPTS_MAX:
            self._give_up(f"{what_happened}, {ATTEMPTS_MAX} times in a row")
        self.state.ended(Condition.DOWN)
        self.state.restarts += 1
        delay = min(_DELAY_MAX_SECONDS, _DELAY_FIRST_SECONDS * 2 ** (self._failures - 1))
        self._say(f"{what_happened}; starting it again in {delay:g} s")
        self._on_change()
        await asyncio.wait({self._stopping}, timeout=delay)

    def _give_up(self, why: str) -> None:
        if not self.first_ready.done():
            self.first_ready.set_exception(StartError(why))

    async def _end(self, child: Child) -> None:
        child.signal(self.unit.stop_signal)
        over: set[asyncio.Future[Any]] = {child.ended, self._hurry}
        await asyncio.wait(
            over,
            timeout=self.unit.stop_seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if not child.ended.done():
            self._say(f"{self.unit.name} (pid {child.pid}) did not stop in time and is killed")
            child.signal(signal.SIGKILL)
        await child.ended

    async def _wait_until(self, condition: Callable[[], bool]) -> None:
        while not condition() and not self._stopping.done():
            await asyncio.wait({self._stopping}, timeout=_POLL_SECONDS)
