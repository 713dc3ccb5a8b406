"""Exponential backoff: delays between retries, with a log line at the start and at the end."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

DELAY_FIRST_SECONDS: Final = 0.1
DELAY_MAX_SECONDS: Final = 2.0
"""The longest delay after a database or broker is available again."""
_DOUBLINGS_MAX: Final = 10


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait that long, or until `stop` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


class Backoff:
    """Counts the consecutive failures of `who`, and waits longer after each."""

    def __init__(
        self,
        logger: logging.Logger,
        who: str,
        refusal_of: Callable[[Exception], str | None] = lambda _error: None,
    ) -> None:
        """`refusal_of` says why, and what to do, if only a change by an operator helps."""
        self._logger = logger
        self._who = who
        self._refusal_of = refusal_of
        self.failures = 0
        self.refusal: str | None = None
        """The last refusal, if nothing has succeeded since."""

    async def wait(self, error: Exception, stop: asyncio.Event) -> None:
        """Record a failure; wait before the next retry, or until `stop` is set."""
        if reason := self._refusal_of(error):
            refusal = f"{self._who}: refused: {reason}"
            if refusal != self.refusal:
                self._logger.error("%s", refusal)
            self.refusal = refusal
        elif not self.failures:
            self._logger.warning("%s: retry after %s: %s", self._who, type(error).__name__, error)
        delay = DELAY_FIRST_SECONDS * 2 ** min(self.failures, _DOUBLINGS_MAX)
        self.failures += 1
        await pause(stop, min(delay, DELAY_MAX_SECONDS))

    def reset(self) -> None:
        """Record a success."""
        if self.failures:
            self._logger.warning("%s: recovered", self._who)
        self.failures = 0
        self.refusal = None
