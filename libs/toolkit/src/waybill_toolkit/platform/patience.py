"""How long to wait before a process that ended is started again."""

import time
from typing import Final

_DELAY_FIRST_SECONDS: Final = 0.1
_DELAY_MAX_SECONDS: Final = 5.0
_STEADY_SECONDS: Final = 10.0  # a process that was ready this long starts again without delay


class Patience:
    """Longer with each failure in a row."""

    def __init__(self) -> None:
        self.failures = 0
        self._ready_at: float | None = None

    @property
    def was_ready(self) -> bool:
        """Whether the process that runs now, or ran last, has been ready."""
        return self._ready_at is not None

    def began(self) -> None:
        """Note that a process has been started."""
        self._ready_at = None

    def became_ready(self) -> None:
        """Note that the process is ready."""
        self._ready_at = time.monotonic()

    def next_delay(self) -> float:
        """Count a failure, and return the seconds to wait after it."""
        ready_at = self._ready_at
        was_steady = ready_at is not None and time.monotonic() - ready_at > _STEADY_SECONDS
        self.failures = 1 if was_steady else self.failures + 1
        return min(_DELAY_MAX_SECONDS, _DELAY_FIRST_SECONDS * 2.0 ** (self.failures - 1))
