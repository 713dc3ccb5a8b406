"""The delay before a retry."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Backoff:
    """A delay that doubles with each attempt, from `first` up to `longest`."""

    first: timedelta
    longest: timedelta

    def after(self, attempts: int) -> timedelta:
        """Return the delay after that many attempts, at least one."""
        doublings = min(attempts - 1, 30)  # reaches any `longest` and does not overflow
        return min(self.first * (1 << doublings), self.longest)
