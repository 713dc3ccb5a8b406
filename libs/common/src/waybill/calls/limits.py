"""Limits of the calls to one service: how many at once, and how many repetitions.

Without them, a slow service takes all the memory and time of its callers, and repetitions multiply
the load of a service that has too much of it already.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

CALLS_MAX: Final = 50
"""Calls of one service at a time, in one process."""
RETRIES_MAX: Final = 10
"""Retries that may be saved up for a short outage."""
RETRIES_PER_CALL: Final = 0.1
"""In a long outage, at most one request in ten is a retry."""


class BulkheadFullError(Exception):
    """As many calls as may be are running."""


class Bulkhead:
    """Admits so many calls at a time. The next one is refused at once and does not wait."""

    def __init__(self, calls_max: int = CALLS_MAX) -> None:
        self._calls_max: Final = calls_max
        self._running = 0

    @property
    def calls_max(self) -> int:
        """The most calls at a time."""
        return self._calls_max

    @property
    def running(self) -> int:
        """The calls that are running."""
        return self._running

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Take a place for the `with` block. Raises BulkheadFullError."""
        if self._running >= self._calls_max:
            raise BulkheadFullError(f"{self._calls_max} calls are running")
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1


class RetryBudget:
    """A token bucket: a call puts a part of a token into it, a retry takes a whole one."""

    def __init__(
        self, retries_max: float = RETRIES_MAX, retries_per_call: float = RETRIES_PER_CALL
    ) -> None:
        self._max: Final = retries_max
        self._per_call: Final = retries_per_call
        self._tokens = retries_max

    def note_call(self) -> None:
        """Record a call, which is no retry."""
        self._tokens = min(self._max, self._tokens + self._per_call)

    def take(self) -> bool:
        """Take a retry; False when none is left."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
