"""A circuit breaker: no requests to a service that does not answer, but for one probe at a time."""

import time
from collections.abc import Callable
from typing import Final

FAILURES_MAX: Final = 5
"""Failures in a row after which the service counts as down."""
OPEN_SECONDS: Final = 1.0
"""As long as clients are told to wait. After it one request probes whether the service is back."""


class Breaker:
    """The state of one address of a service."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now: Final = now
        self._failures = 0
        self._probe_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the service counts as down."""
        return self._failures >= FAILURES_MAX

    def admits(self) -> bool:
        """Whether a request may be sent. While open it is the probe, until the next one is due."""
        if not self.is_open:
            return True
        now = self._now()
        if now < self._probe_at:
            return False
        self._probe_at = now + OPEN_SECONDS
        return True

    def record(self, *, has_answered: bool) -> None:
        """Record the outcome of a request."""
        if has_answered:
            self._failures = 0
            return
        self._failures += 1
        self._probe_at = self._now() + OPEN_SECONDS
