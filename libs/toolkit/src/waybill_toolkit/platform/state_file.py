"""Writes the supervisor's state, and tries again while that fails, as on a full disk."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.state import State

RETRY_SECONDS: Final = 1.0


class StateFile:
    """The file of a state. A failed write does not stop the platform."""

    def __init__(self, path: Path, state: State, say: Callable[[str], None]) -> None:
        self._path = path
        self._state = state
        self._say = say
        self._has_failed = asyncio.Event()

    def write(self) -> None:
        """Write the current state; `run` tries again when that fails."""
        try:
            self._state.write(self._path)
        except OSError as error:
            if not self._has_failed.is_set():
                self._say(f"the state cannot be written: {error}; trying again until it can")
            self._has_failed.set()
        else:
            self._has_failed.clear()

    async def run(self) -> None:
        """Write the state again after each failure, until cancelled."""
        while True:
            await self._has_failed.wait()
            await asyncio.sleep(RETRY_SECONDS)
            self.write()
