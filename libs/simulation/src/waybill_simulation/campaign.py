"""Runs many histories, with one worker process (`python -m`) for each core."""

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from waybill_simulation.planting import PlayName
from waybill_simulation.schemas import prepare


@dataclass
class Findings:
    """The results of a campaign so far."""

    histories: int = 0
    virtual_seconds: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, Any]] = field(default_factory=list)
    not_simulated: str | None = None
    """The message about the SQL that ended the campaign."""
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return self.histories / self.seconds if self.seconds else 0.0

    def add(self, line: dict[str, Any]) -> None:
        """Add one line of a worker's output."""
        if "not_simulated" in line:
            self.not_simulated = self.not_simulated or line["not_simulated"]
            return
        self.histories += line["histories"]
        self.virtual_seconds += line["virtual_seconds"]
        self.statuses.update(line["statuses"])
        self.failures += line["failures"]


async def run_campaign(
    first: int,
    count: int,
    *,
    workers: int,
    play: PlayName = PlayName.ORDERS,
    mutant: str | None = None,
    keep_going: bool = False,
    shrink_seconds: float = 20.0,
    on_progress: Callable[[Findings], None] = lambda _: None,
) -> Findings:
    """Run `count` histories from seed `first`; stop at the first failure unless `keep_going`.

    It also stops at SQL that is not simulated. Raises MigrationError and StartError when the
    tables cannot be created.
    """
    await prepare()
    findings = Findings()
    begun = time.monotonic()
    share = -(-count // workers)
    ranges = [(at, min(at + share, first + count)) for at in range(first, first + count, share)]
    processes = [
        await _worker(
            start,
            end,
            play=play,
            mutant=mutant,
            keep_going=keep_going,
            shrink_seconds=shrink_seconds,
        )
        for start, end in ranges
    ]

    async def follow(process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 (it is a pipe)
        async for line in process.stdout:
            findings.add(json.loads(line))
            findings.seconds = time.monotonic() - begun
            on_progress(findings)
            if findings.not_simulated or (findings.failures and not keep_going):
                _end(processes)
        if await process.wait() not in (0, -15):
            raise RuntimeError(f"a worker ended with {process.returncode}")

    try:
        async with asyncio.TaskGroup() as group:
            for process in processes:
                group.create_task(follow(process))
    finally:
        _end(processes)
        for process in processes:
            await process.wait()
    findings.seconds = time.monotonic() - begun
    return findings


def _end(processes: Sequence[asyncio.subprocess.Process]) -> None:
    for process in processes:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)  # the worker and its child


async def _worker(
    first: int,
    end: int,
    *,
    play: PlayName,
    mutant: str | None,
    keep_going: bool,
    shrink_seconds: float,
) -> asyncio.subprocess.Process:
    arguments = ["--first", str(first), "--end", str(end), "--play", play]
    arguments += ["--shrink-seconds", str(shrink_seconds)]
    arguments += ["--mutant", mutant] if mutant else []
    arguments += ["--keep-going"] if keep_going else []
    # A fixed hash seed fixes the order of sets of strings, so a seed repeats on every machine.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "waybill_simulation.worker", *arguments,
        stdout=asyncio.subprocess.PIPE, env=environment, limit=1 << 24, process_group=0,
    )  # fmt: skip
