"""Requests that have not arrived whole: how much memory and time all of them together may take."""

import asyncio
from functools import partial
from typing import Final, Protocol

UNFINISHED_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of all connections together: twice the largest request."""
UNFINISHED_SECONDS_MAX: Final = 30.0
"""For a request to arrive, for the first one of a connection, and for logging in. Between requests
a client may be idle."""


class Closable(Protocol):
    """A connection."""

    def close(self, reason: str) -> None:
        """Close it, and drop what it has received."""


class Unfinished:
    """The connections whose request has not arrived whole, and how many bytes of it have."""

    def __init__(
        self,
        bytes_max: int = UNFINISHED_BYTES_MAX,
        seconds_max: float = UNFINISHED_SECONDS_MAX,
    ) -> None:
        self._bytes_max = bytes_max
        self._seconds_max = seconds_max
        self._sizes: dict[Closable, int] = {}
        self._timers: dict[Closable, asyncio.TimerHandle] = {}
        self._bytes = 0

    def grow(self, connection: Closable, size: int) -> None:
        """Note how many bytes of a request have arrived. Closes connections beyond the limits."""
        if connection not in self._sizes:
            reason = f"no whole request or login in {self._seconds_max:.0f} s"
            late = partial(self._end, connection, reason)
            loop = asyncio.get_running_loop()
            self._timers[connection] = loop.call_later(self._seconds_max, late)
        self._bytes += size - self._sizes.get(connection, 0)
        self._sizes[connection] = size
        while self._bytes > self._bytes_max:
            # Small requests of others go on.
            largest = max(self._sizes, key=self._sizes.__getitem__)
            self._end(largest, f"unfinished requests of more than {self._bytes_max} bytes in all")

    def finish(self, connection: Closable) -> None:
        """Forget a connection: its request is whole, or it is closed."""
        if connection in self._sizes:
            self._bytes -= self._sizes.pop(connection)
            self._timers.pop(connection).cancel()

    def _end(self, connection: Closable, reason: str) -> None:
        self.finish(connection)
        connection.close(reason)
