"""The parts of a service that work beside its requests, and the process they stand or fall with.

A part that fails, or ends before it is told to, must not leave a process that looks well and does
half of its work: the process stops, and the platform starts a whole one.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, Protocol

_log = logging.getLogger(__name__)

_FINISH_SHARE: Final = 0.8
"""Of what is then left, for batches in hand; the rest closes connections."""


class Background(Protocol):
    """A part of a service that works beside its requests: relay, consumer, timers."""

    @property
    def name(self) -> str:
        """The name in logs."""
        ...

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what is in hand and return."""
        ...


class Process:
    """What becomes of the process: shared by the server, the health checks and the parts."""

    def __init__(self, graceful_stop_seconds: float) -> None:
        self._graceful_stop_seconds = graceful_stop_seconds
        self._stop_by: float | None = None
        self.crashed = False
        self.on_crash: Callable[[], object] = lambda: None

    def begin_stop(self) -> None:
        """Be not ready from now on; the time to stop begins with the first call."""
        if self._stop_by is None:
            self._stop_by = time.monotonic() + self._graceful_stop_seconds

    def seconds_left(self) -> float:
        """Tell how much of the time to stop is left."""
        if self._stop_by is None:
            return self._graceful_stop_seconds
        return max(0.0, self._stop_by - time.monotonic())

    def reason_not_ready(self) -> str | None:
        """Say why no requests should come here, if so."""
        if self.crashed:
            return "crashed"
        return None if self._stop_by is None else "stopping"

    async def watch(self, part: Background, stop: asyncio.Event) -> None:
        """Run a background part; whatever ends it before it is told to makes the process stop."""
        try:
            await part.run(stop)
        except Exception as error:  # noqa: BLE001 (whatever it is, the process must not go on)
            _log.critical("%s crashed; stopping the process", part.name, exc_info=error)
        else:
            if stop.is_set():
                return
            _log.critical("%s ended by itself; stopping the process", part.name)
        self.crashed = True
        self.on_crash()


@asynccontextmanager
async def running(parts: Sequence[Background], process: Process) -> AsyncIterator[None]:
    """Run the parts inside the `with` block; at its end let them finish, but not for ever."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(process.watch(part, stop), name=part.name) for part in parts]
        try:
            yield
        finally:
            process.begin_stop()
            stop.set()
            if tasks:
                await _finish(tasks, process.seconds_left() * _FINISH_SHARE)


async def _finish(tasks: Sequence[asyncio.Task[None]], seconds: float) -> None:
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        _log.error(
            "%s did not stop in %.1f s; what it has in hand is left", task.get_name(), seconds
        )
        task.cancel()
