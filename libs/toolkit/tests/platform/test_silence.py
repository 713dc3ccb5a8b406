"""A process that runs but does not answer is started again, not after one slow answer."""

import asyncio
import itertools
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from typing_extensions import override

from waybill_toolkit.platform import silence
from waybill_toolkit.platform.children import Child, watch
from waybill_toolkit.platform.managed_process import ManagedProcess
from waybill_toolkit.platform.watchdog import Watchdog


def _sleep() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "1000"])


class Sleeper(ManagedProcess):
    """A process that is ready at once, and alive as the test says."""

    name = "sleeper"
    kind = "service"
    address = None
    stop_seconds = 5.0

    def __init__(self, log: Path, alive: Iterable[bool], on_asked: Callable[[], None]) -> None:
        self.log = log
        self.started = 0
        self._alive = iter(alive)
        self._on_asked = on_asked

    @override
    async def launch(self) -> Child:
        self.started += 1
        return watch(_sleep())

    @override
    async def is_ready(self, child: Child) -> bool:
        return True

    @override
    async def is_alive(self) -> bool:
        self._on_asked()
        return next(self._alive)


@pytest.mark.parametrize(
    ("answers", "starts"),
    [
        ([True, False, True, True, False, True], 1),
        ([True, False, False, False, True, True], 2),
    ],
)
async def test_only_long_silence_starts_a_process_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: list[bool], starts: int
) -> None:
    monkeypatch.setattr(silence, "LIVE_POLL_SECONDS", 0.01)
    monkeypatch.setattr(silence, "SILENT_SECONDS_MAX", 0.005)
    asked, done = itertools.count(1), asyncio.Event()

    def note() -> None:
        if next(asked) == len(answers):
            done.set()

    log = tmp_path / "sleeper.log"
    log.touch()
    said: list[str] = []
    unit = Sleeper(log, itertools.chain(answers, itertools.cycle([True])), note)
    watchdog = Watchdog(unit, said.append, lambda: None)
    async with asyncio.TaskGroup() as tasks:
        watchdog.begin(tasks)
        async with asyncio.timeout(10):
            await done.wait()
        await watchdog.stop()
    assert unit.started == starts
    assert len([line for line in said if "did not answer /health/live" in line]) == starts - 1
    assert watchdog.state.restarts == starts - 1
