"""The background parts of a service, and the process that they share.

A part that crashes, or returns early, must not leave a process that looks healthy and does half of
its work: the process stops, and the platform starts a new one.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, Protocol

_log = logging.getLogger(__name__)

_FINISH_SHARE: Final = 0.8
"""Share of the remaining time for current batches; the rest is for closing connections."""


class Background(Protocol):
    """A part of a service that runs in the background: relay, consumer, timers."""

    @property
    def name(self) -> str:
        """The name in logs."""
        ...

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish the current batch and return."""
        ...


def refusal_of(parts: Sequence[object]) -> str | None:
    """Return why the broker refuses one of the parts, if one reports a `refusal`."""
    return next((found for each in parts if (found := getattr(each, "refusal", None))), None)


class Process:
    """The state of the process: shared by the server, the health checks and the parts."""

    def __init__(self, graceful_stop_seconds: float) -> None:
        self._graceful_stop_seconds = graceful_stop_seconds
        self._stop_by: float | None = None
        self.crashed = False
        self.on_crash: Callable[[], object] = lambda: None

    def begin_stop(self) -> None:
        """Report not ready from now on. The first call starts the time limit of the shutdown."""
        if self._stop_by is None:
            self._stop_by = time.monotonic() + self._graceful_stop_seconds

    def seconds_left(self) -> float:
        """Return the remaining time of the shutdown."""
        if self._stop_by is None:
            return self._graceful_stop_seconds
        return max(0.0, self._stop_by - time.monotonic())

    def reason_not_ready(self) -> str | None:
        """Return why the process must get no requests, or None."""
        if self.crashed:
            return "crashed"
        return None if self._stop_by is None else "stopping"

    async def watch(self, part: Background, stop: asyncio.Event) -> None:
        """Run a background part. If it ends before `stop` is set, the process stops."""
        try:
            await part.run(stop)
        except Exception as error:  # noqa: BLE001 (after any error the process must stop)
            _log.critical("%s crashed; stopping the process", part.name, exc_info=error)
        else:
            if stop.is_set():
                return
            _log.critical("%s returned early; stopping the process", part.name)
        self.crashed = True
        self.on_crash()


@asynccontextmanager
async def running(parts: Sequence[Background], process: Process) -> AsyncIterator[None]:
    """Run the parts inside the `with` block; at its end they have limited time to finish."""
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
            "%s did not stop in %.1f s; its current batch is abandoned", task.get_name(), seconds
        )
        task.cancel()
