"""Kills, restarts and freezes processes."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

from waybill_toolkit.lab.chaos.event import Event
from waybill_toolkit.lab.chaos.faulty_platform import FaultyPlatform
from waybill_toolkit.lab.chaos.schedule import BACKGROUND, Kind
from waybill_toolkit.platform.broker import broker_folder
from waybill_toolkit.platform.embedded_broker.home import distrust_home, topics_of
from waybill_toolkit.platform.errors import NotRunningError
from waybill_toolkit.platform.postgres_home import find_home
from waybill_toolkit.platform.processes import Identity, children_of, working_in

REPLACED_SECONDS: Final = 60.0
"""A service is ready within a second, PostgreSQL after its crash recovery."""

_POLL_SECONDS: Final = 0.02


class ProcessFaults:
    """Injects faults into the processes of a platform."""

    def __init__(self, faulty: FaultyPlatform, now: Callable[[], float]) -> None:
        self._faulty = faulty
        self._now = now

    async def end(self, event: Event) -> None:
        """Send a signal to the target, and wait until it is replaced."""
        fault = event.fault
        # A service and its worker process exit together.
        name = fault.target.removesuffix(BACKGROUND)
        former = self._identity(name)
        number = signal.SIGKILL
        if fault.kind is Kind.WIPE:
            distrust_home(broker_folder(self._faulty.plan.data))
        if fault.kind is Kind.FLIP:
            _flip_bit(broker_folder(self._faulty.plan.data))
        if fault.kind is Kind.RESTART:
            number = signal.SIGINT if fault.target == "postgres" else signal.SIGTERM
        for victim in [former] if name == fault.target else _children(former):
            victim.signal(number)
        event.ended = self._now()
        async with asyncio.timeout(REPLACED_SECONDS):
            while not self._is_replaced(name, former):  # noqa: ASYNC110 - not ours
                await asyncio.sleep(_POLL_SECONDS)
        event.ready_again = self._now()

    def _identity(self, name: str) -> Identity:
        identity = self._faulty.platform.process(name).identity
        if identity is None or not identity.is_alive():
            raise NotRunningError(f"{name} was down already")
        return identity

    def _is_replaced(self, name: str, former: Identity) -> bool:
        return self._faulty.platform.is_ready(name, apart_from=former)

    async def freeze(self, event: Event) -> None:
        """Stop the target with SIGSTOP for a time."""
        frozen = self._processes_of(event.fault.target)
        for process in frozen:
            process.signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(event.fault.seconds)
        finally:
            for process in frozen:
                process.signal(signal.SIGCONT)

    def _processes_of(self, name: str) -> list[Identity]:
        if name != "postgres":
            service = self._identity(name.removesuffix(BACKGROUND))
            background = _children(service)
            return background if name.endswith(BACKGROUND) else [service, *background]
        home = find_home(self._faulty.plan.data)
        found = working_in(home / "data") if home else []
        if not found:
            raise NotRunningError(f"{name} was down already")
        return found


def _flip_bit(broker: Path) -> None:
    """Flip a bit in the middle of the file that was written last. Raises LookupError, OSError."""
    files = [file for file in topics_of(broker).rglob("*.log") if file.stat().st_size]
    if not files:
        raise LookupError("the broker has no records yet")
    newest = max(files, key=lambda file: file.stat().st_mtime)
    with newest.open("r+b", buffering=0) as file:
        at = newest.stat().st_size // 2
        file.seek(at)
        [byte] = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def _children(parent: Identity) -> list[Identity]:
    return list(filter(None, map(Identity.of, children_of(parent.pid))))
