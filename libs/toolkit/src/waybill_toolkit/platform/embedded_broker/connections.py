"""The open connections: how many there may be, and which one is closed when there are too many."""

import resource
from collections.abc import Collection
from typing import Final, Protocol

CONNECTIONS_MAX: Final = 1_000
"""A service has some five."""
BACKLOG: Final = 64
"""Connections that the system accepts before the broker does."""
_OTHER_FILES: Final = 64
"""Files that are not connections: the newest one of each partition, and some of the process."""
_CONNECTIONS_MIN: Final = 16


class OpenConnection(Protocol):
    """A connection, as far as it matters here."""

    has_user: bool
    last_request: float
    """The time of its last request, or of its beginning."""

    def close(self, reason: str) -> None:
        """Close it, and drop what it has received."""


class Connections:
    """The open connections.

    When there are too many, one is closed in favour of the newest: one without a user if there is
    any, and among those the one that has been idle for the longest time. So clients that connect
    and do nothing do not keep others out.
    """

    def __init__(self, maximum: int = CONNECTIONS_MAX) -> None:
        self._maximum = maximum
        self._open: set[OpenConnection] = set()

    def add(self, connection: OpenConnection) -> None:
        """Note a new connection."""
        if len(self._open) >= self._maximum:
            idle = _longest_idle(self._open)
            self.remove(idle)
            idle.close(f"it was idle, and there are {self._maximum} others")
        self._open.add(connection)

    def remove(self, connection: OpenConnection) -> None:
        """Forget a connection."""
        self._open.discard(connection)


def _longest_idle(connections: Collection[OpenConnection]) -> OpenConnection:
    return min(connections, key=lambda each: (each.has_user, each.last_request))


def allow_many_files(files: int) -> int:
    """Raise the limit of open files as far as permitted; returns how many connections fit.

    `files` is the number of those that are open already.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard == resource.RLIM_INFINITY:
        return CONNECTIONS_MAX
    # A backlog of new connections is accepted at once, before any is closed for them.
    return max(_CONNECTIONS_MIN, min(CONNECTIONS_MAX, hard - files - _OTHER_FILES - BACKLOG))
