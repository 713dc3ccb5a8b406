"""Services that run in the foreground of a terminal, in place of the platform's own process.

    command                                      supervisor
    writes its pid to DATA/foreground/orders
    SIGHUP ─────────────────────────────────────▶ reads the file, stops its own process
    state.json says `foreground` ◀─────────────── waits for the end of the command's process
    becomes the service
    ends for any reason ───────────────────────▶ starts its own process again

The kernel reports the end of a process, even a killed one, so the command need not return the
service.
"""

import asyncio
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from waybill_toolkit.platform.processes import Identity
from waybill_toolkit.platform.state import Condition
from waybill_toolkit.platform.watchdog import Watchdog


def claim_file(data: Path, service: str) -> Path:
    """Return the file with the process that runs a service in the foreground."""
    return data / "foreground" / service


def claim(data: Path, service: str) -> Identity | None:
    """Claim a service for this process; return the process that has already claimed it, if any."""
    path = claim_file(data, service)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    ours = Identity.of(os.getpid())
    if ours is None:
        raise RuntimeError("this process is not in /proc")
    holder = claimant(path)
    if holder:
        return holder
    path.unlink(missing_ok=True)  # of a process that has ended
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"pid": ours.pid, "start_ticks": ours.start_ticks}, file)
    return None


def claimant(path: Path) -> Identity | None:
    """Return the process of a claim if it is alive."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        holder = Identity(document["pid"], document["start_ticks"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return holder if holder.is_alive() else None


class Lending:
    """Lends services to foreground processes, in the supervisor."""

    def __init__(
        self, data: Path, watchdogs: Iterable[Watchdog], say: Callable[[str], None]
    ) -> None:
        self._data = data
        self._watchdogs = list(watchdogs)
        self._say = say
        self._asked = asyncio.Event()

    def find_claims(self) -> None:
        """Find new claims, also several at the same time."""
        self._asked.set()

    async def run(self) -> None:
        """Lend claimed services until cancelled."""
        async with asyncio.TaskGroup() as loans:
            while True:
                await self._asked.wait()
                self._asked.clear()
                for watchdog in self._watchdogs:
                    holder = claimant(claim_file(self._data, watchdog.unit.name))
                    if holder and watchdog.state.foreground_pid is None:
                        watchdog.state.foreground_pid = holder.pid
                        loans.create_task(self._lend(watchdog, holder))

    async def _lend(self, watchdog: Watchdog, holder: Identity) -> None:
        name = watchdog.unit.name
        self._say(f"{name} runs in the foreground from now on (pid {holder.pid})")
        await watchdog.hold(Condition.FOREGROUND)
        await _end_of(holder)
        self._say(f"{name} has ended in the foreground (pid {holder.pid}); starting it here again")
        watchdog.state.foreground_pid = None
        watchdog.release(Condition.FOREGROUND)
        self.find_claims()  # another process may have claimed it now


async def _end_of(process: Identity) -> None:
    """Return when a process has ended; it need not be a child process."""
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(process.pid)
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        loop.add_reader(descriptor, ended.set)
        try:
            if process.is_alive():  # otherwise the pid may have been reused
                await ended.wait()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)
