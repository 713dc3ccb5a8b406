"""The backoff before a process is restarted."""

import time
from typing import Final

_DELAY_FIRST_SECONDS: Final = 0.1
_DELAY_MAX_SECONDS: Final = 5.0
_STEADY_SECONDS: Final = 10.0  # after this time the backoff is reset


class Patience:
    """The delay grows with each consecutive failure."""

    def __init__(self) -> None:
        self.failures = 0
        self._ready_at: float | None = None

    @property
    def was_ready(self) -> bool:
        """Whether the current or last process became ready."""
        return self._ready_at is not None

    def began(self) -> None:
        """Record that a process has been started."""
        self._ready_at = None

    def became_ready(self) -> None:
        """Record that the process is ready."""
        self._ready_at = time.monotonic()

    def next_delay(self) -> float:
        """Count a failure, and return the seconds to wait after it."""
        ready_at = self._ready_at
        was_steady = ready_at is not None and time.monotonic() - ready_at > _STEADY_SECONDS
        self.failures = 1 if was_steady else self.failures + 1
        return min(_DELAY_MAX_SECONDS, _DELAY_FIRST_SECONDS * 2.0 ** (self.failures - 1))
