"""Waiting out what is away: with a growing delay, told when it begins and when it ends."""

import asyncio
import logging
from contextlib import suppress
from typing import Final

DELAY_FIRST_SECONDS: Final = 0.1
DELAY_MAX_SECONDS: Final = 2.0
"""As long as people will gladly wait after a database or broker is back."""
_DOUBLINGS_MAX: Final = 10


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait that long, or until `stop` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


class Backoff:
    """The failures in a row of something that `who` needs."""

    def __init__(self, logger: logging.Logger, who: str) -> None:
        self._logger = logger
        self._who = who
        self.failures = 0

    async def wait(self, error: Exception, stop: asyncio.Event) -> None:
        """Take note of a failure; wait before the next try, or until `stop` is set."""
        if not self.failures:
            self._logger.warning("%s waits: %s: %s", self._who, type(error).__name__, error)
        delay = DELAY_FIRST_SECONDS * 2 ** min(self.failures, _DOUBLINGS_MAX)
        self.failures += 1
        await pause(stop, min(delay, DELAY_MAX_SECONDS))

    def reset(self) -> None:
        """Take note of a success."""
        if self.failures:
            self._logger.warning("%s goes on", self._who)
        self.failures = 0
