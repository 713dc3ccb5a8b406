"""Keeps one process running: starts it, waits until it is ready, restarts it when it ends."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Final

from waybill_toolkit.platform.children import Child, describe
from waybill_toolkit.platform.errors import PlatformError, StartError
from waybill_toolkit.platform.holds import Holds
from waybill_toolkit.platform.log_files import Follower
from waybill_toolkit.platform.managed_process import ManagedProcess
from waybill_toolkit.platform.patience import Patience
from waybill_toolkit.platform.prefork_client import PreforkGoneError
from waybill_toolkit.platform.silence import SILENT, first_of, watch_liveness
from waybill_toolkit.platform.state import Condition, ProcessState

ATTEMPTS_MAX: Final = 5  # before the first start fails; a later start is retried without limit
READY_SECONDS: Final = (
    120.0  # the first start takes 2 s on an idle machine, far longer on a busy one
)

_POLL_SECONDS = 0.025
_EXIT_UNAVAILABLE: Final = 3  # of a service whose port is taken or whose database is away


class Watchdog:
    def __init__(
        self,
        unit: ManagedProcess,
        say: Callable[[str], None],
        on_change: Callable[[], None],
        *,
        awaits_changes: bool = False,
    ) -> None:
        """With `awaits_changes`, a process that fails to start is restarted only by a reload."""
        loop = asyncio.get_running_loop()
        self.unit = unit
        self.state = ProcessState(unit.name, unit.kind, unit.address, unit.has_database)
        self.first_ready: asyncio.Future[None] = loop.create_future()
        self._stopping: asyncio.Future[None] = loop.create_future()
        self._stopped: asyncio.Future[None] = loop.create_future()
        self._hurry: asyncio.Future[None] = loop.create_future()
        self._holds = Holds()
        self._successor: Child | None = None
        self._succession: asyncio.Future[None] = loop.create_future()
        self._is_gone = asyncio.Event()
        self._is_gone.set()
        self._has_begun = False
        self._say = say
        self._on_change = on_change
        self._awaits_changes = awaits_changes
        self._patience = Patience()

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Keep it running until `stop`. `first_ready` raises StartError if it never gets ready."""
        self._has_begun = True
        tasks.create_task(self._keep())

    async def hold(self, reason: Condition) -> None:
        """Stop the process, and start none until `release`; returns when it has ended.

        The state shows `reason` during the hold. Several holds can overlap.
        """
        self._holds.add(reason)
        await self._is_gone.wait()

    def release(self, reason: Condition) -> None:
        """End a hold. The process starts unless another hold remains."""
        self._holds.remove(reason)

    async def replace(self, launch: Callable[[], Awaitable[Child]]) -> None:
        """Start another process, and stop the current one when that one is ready.

        Raises StartError when it does not get ready; then the current one goes on.
        """
        if self._holds or self.state.condition is not Condition.READY:
            raise StartError(f"{self.unit.name} is {self.state.condition}, and must be ready first")
        log = Follower(self.unit.log, from_end=True)
        child = await launch()
        over = (child.ended, self._stopping, self._holds.changed)
        began = time.monotonic()
        while not await self.unit.is_ready(child):
            if any(future.done() for future in over) or time.monotonic() - began > READY_SECONDS:
                await _end(child, self.unit, self._hurry, self._say)
                end = describe(child.ended.result())
                raise StartError(f"{self.unit.name} (pid {child.pid}) {end}:{log.last_words()}")
            await first_of(*over, within_seconds=_POLL_SECONDS)
        self._successor = child
        _resolve(self._succession)
        while self.state.pid != child.pid and not (child.ended.done() or self._stopping.done()):
            await first_of(child.ended, self._stopping, within_seconds=_POLL_SECONDS)

    async def _keep(self) -> None:
        try:
            while not self._stopping.done():
                self._holds.renew()
                if self._holds:
                    self.state.ended(self._holds.reason)
                    self._patience = Patience()
                    if self.state.condition is Condition.FOREGROUND and not self.first_ready.done():
                        self.first_ready.set_result(None)  # it is started in a terminal
                    self._on_change()
                    await first_of(self._stopping, self._holds.changed)
                elif self._successor or self.unit.may_launch():
                    self._is_gone.clear()
                    await self._run_once()
                    self._is_gone.set()
                else:
                    over = (self._stopping, self._holds.changed)
                    await first_of(*over, within_seconds=_POLL_SECONDS)
        finally:
            if self._successor:
                await _end(self._successor, self.unit, self._hurry, self._say)
            self.state.ended(Condition.STOPPED)
            self._on_change()
            self._is_gone.set()
            self._stopped.set_result(None)

    async def stop(self) -> None:
        """Stop the process; kill it after the timeout. Returns when it has ended."""
        _resolve(self._stopping)
        if self._has_begun:
            await self._stopped

    def hurry(self) -> None:
        """Kill it without waiting for the timeout."""
        _resolve(self._hurry)

    async def _run_once(self) -> None:
        began = time.monotonic()
        log = Follower(self.unit.log, from_end=True)
        try:
            child = self._take_successor() or await self.unit.launch()
        except (OSError, PreforkGoneError, PlatformError) as error:
            await self._down(f"{self.unit.name} cannot be started: {error}")
            return
        self.state.began(child.pid)
        self._on_change()
        self._patience.began()
        is_silent = await self._watch(child, began)
        is_over = self._stopping.done() or self._succession.done() or self._holds
        if not child.ended.done() or is_over:
            await _end(child, self.unit, self._hurry, self._say)
            if not is_silent:
                return
        exit_code = child.ended.result()
        end = SILENT if is_silent else describe(exit_code)
        what_happened = f"{self.unit.name} (pid {child.pid}) {end}"
        failed_to_start = exit_code > 0 and not self._patience.was_ready
        if self._awaits_changes and failed_to_start and exit_code != _EXIT_UNAVAILABLE:
            await self._until_changed(what_happened, log)
            return
        if exit_code == os.EX_CONFIG:
            self._give_up(f"{what_happened}, because its settings are invalid")
        await self._down(what_happened)

    async def _watch(self, child: Child, began: float) -> bool:
        """Return when it has ended, a stop or a hold is requested, or (True) it is silent."""
        over = (child.ended, self._stopping, self._holds.changed, self._succession)
        while not any(future.done() for future in over):
            if await self.unit.is_ready(child):
                self._became_ready(began)
                return await watch_liveness(self.unit, *over)
            if not self.first_ready.done() and time.monotonic() - began > READY_SECONDS:
                self._give_up(f"{self.unit.name} was not ready within {READY_SECONDS:g} s")
                await first_of(*over)
            else:
                await first_of(*over, within_seconds=_POLL_SECONDS)
        return False

    def _take_successor(self) -> Child | None:
        child, self._successor = self._successor, None
        if child:
            self._succession = asyncio.get_running_loop().create_future()
        return child

    def _became_ready(self, began: float) -> None:
        self.state.condition = Condition.READY
        self._patience.became_ready()
        self.state.ready_after_seconds = round(time.monotonic() - began, 3)
        if self.first_ready.done():
            self._say(f"{self.unit.name} is ready again (pid {self.state.pid})")
        else:
            self.first_ready.set_result(None)
        self._on_change()

    async def _down(self, what_happened: str) -> None:
        """Report it, and wait for the backoff before the next start."""
        delay = self._patience.next_delay()
        if self._patience.failures >= ATTEMPTS_MAX:
            self._give_up(f"{what_happened}, {ATTEMPTS_MAX} times in a row")
        self.state.ended(Condition.DOWN)
        self.state.restarts += 1
        self._say(f"{what_happened}; starting it again in {delay:g} s")
        self._on_change()
        await first_of(self._stopping, self._holds.changed, within_seconds=delay)

    async def _until_changed(self, what_happened: str, log: Follower) -> None:
        """Report why it does not start, and wait for a reload."""
        self.state.ended(Condition.FAILED)
        self._say(f"{what_happened} and is started again when its code changes:{log.last_words()}")
        self._on_change()
        await first_of(self._stopping, self._holds.changed)

    def _give_up(self, reason: str) -> None:
        if not self.first_ready.done():
            self.first_ready.set_exception(StartError(reason))


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _end(
    child: Child, unit: ManagedProcess, hurry: asyncio.Future[None], say: Callable[[str], None]
) -> None:
    """Stop a process; kill it after the timeout, or as soon as `hurry` is done."""
    child.signal(unit.stop_signal)
    await first_of(child.ended, hurry, within_seconds=unit.stop_seconds)
    if not child.ended.done():
        say(f"{unit.name} (pid {child.pid}) did not stop in time and is killed")
        child.signal(signal.SIGKILL)
    await child.ended
