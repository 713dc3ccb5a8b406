"""Detects a process that runs but does not work: its /health/live is silent for long."""

import asyncio
import time
from typing import Any, Final

from waybill_toolkit.platform.managed_process import ManagedProcess

LIVE_POLL_SECONDS: Final = 5.0
SILENT_SECONDS_MAX: Final = 30.0
"""Longer than a busy laptop, a slow disk or a large batch keeps a process from one answer."""

SILENT: Final = f"did not answer /health/live for {SILENT_SECONDS_MAX:g} s and was stopped"


async def watch_liveness(unit: ManagedProcess, *over: asyncio.Future[Any]) -> bool:
    """Return False when one of the futures is done, True when the process is silent for too long.

    One slow or failed answer changes nothing: it must be silent in every probe.
    """
    silent_since: float | None = None
    while not any(future.done() for future in over):
        await first_of(*over, within_seconds=LIVE_POLL_SECONDS)
        if any(future.done() for future in over):
            break
        if await unit.is_alive():
            silent_since = None
        elif silent_since is None:
            silent_since = time.monotonic()
        elif time.monotonic() - silent_since >= SILENT_SECONDS_MAX:
            return True
    return False


async def first_of(*futures: asyncio.Future[Any], within_seconds: float | None = None) -> None:
    """Return when one is done, or after `within_seconds`. Exceptions are not raised."""
    await asyncio.wait(futures, timeout=within_seconds, return_when=asyncio.FIRST_COMPLETED)
