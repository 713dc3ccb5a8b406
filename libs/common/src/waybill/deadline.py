"""The deadline of a request: when its caller stops waiting for the answer.

A caller sends the time that is left, in milliseconds, as `Request-Timeout-Ms`. It is a duration, so
clocks need not agree. Calls to other services that the request causes get what is left of it then.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

HEADER: Final = b"request-timeout-ms"

_DIGITS_MAX: Final = 9

_current: ContextVar[float | None] = ContextVar("waybill_deadline", default=None)


def read(value: bytes) -> float | None:
    """Return the seconds that a caller waits; None for a value that is not a number of ms."""
    return int(value) / 1000 if value.isdigit() and len(value) <= _DIGITS_MAX else None


def written(seconds: float) -> str:
    """Return the value of the header for the time that is left."""
    return str(max(0, int(seconds * 1000)))


def seconds_left() -> float | None:
    """Return how long the caller of the current request waits; None if it has not said so."""
    by = _current.get()
    return None if by is None else by - time.monotonic()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Set the deadline of the current task to so many seconds from now; an earlier one stays."""
    by = time.monotonic() + seconds
    given = _current.get()
    token = _current.set(by if given is None else min(by, given))
    try:
        yield
    finally:
        _current.reset(token)
