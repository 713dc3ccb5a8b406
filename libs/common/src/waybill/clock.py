"""Time as an argument, so that tests can set it."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from typing_extensions import override


class Clock(Protocol):
    """A source of the current time."""

    def now(self) -> datetime:
        """Return the current time, aware and in UTC."""
        ...


class SystemClock(Clock):
    """The system time."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 (the one place that reads the system time)


class ManualClock(Clock):
    """A clock that changes only by `advance`."""

    def __init__(self, start: datetime) -> None:
        """Set the clock to `start`, which must be aware."""
        self._now = start.astimezone(UTC)

    @override
    def now(self) -> datetime:
        return self._now

    def advance(self, duration: timedelta) -> None:
        """Move the clock forward by `duration`."""
        self._now += duration
