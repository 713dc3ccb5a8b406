"""A process that starts again slowly is waited for, however long it takes."""

import asyncio
import signal
import subprocess
from pathlib import Path

import pytest
from typing_extensions import override

from waybill_toolkit.platform import watchdog
from waybill_toolkit.platform.children import Child, watch
from waybill_toolkit.platform.managed_process import ManagedProcess
from waybill_toolkit.platform.watchdog import Watchdog

DEADLINE_SECONDS = 30.0


def _sleep() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "1000"])


class SlowAgain(ManagedProcess):
    """A process that is ready at once the first time, and after some checks when it starts again.

    So does Apache Kafka on a busy machine, whose users get their permissions when it is ready.
    """

    name = "broker"
    kind = "server"
    address = None
    stop_seconds = 5.0

    def __init__(self, log: Path) -> None:
        self.log = log
        self.checks_left = 0
        self.child: Child | None = None

    @override
    async def launch(self) -> Child:
        self.child = watch(_sleep())
        return self.child

    @override
    async def is_ready(self, child: Child) -> bool:
        self.checks_left -= 1
        return self.checks_left < 0


async def test_a_later_start_is_seen_as_ready_after_the_limit_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "broker.log"
    log.touch()
    said: list[str] = []
    unit = SlowAgain(log)
    changed = asyncio.Event()
    keeping = Watchdog(unit, said.append, changed.set)
    async with asyncio.TaskGroup() as tasks:
        keeping.begin(tasks)
        async with asyncio.timeout(DEADLINE_SECONDS):
            await keeping.first_ready
            monkeypatch.setattr(watchdog, "READY_SECONDS", -1.0)
            unit.checks_left = 3
            assert unit.child is not None
            unit.child.signal(signal.SIGKILL)
            while not any("is ready again" in line for line in said):
                changed.clear()
                await changed.wait()
        await keeping.stop()
    assert keeping.state.restarts == 1
