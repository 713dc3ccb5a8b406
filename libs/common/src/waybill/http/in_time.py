"""Requests whose callers say how long they wait: nothing is done for one that has gone.

A read is cancelled at its deadline. A write is not begun after it; one that has begun is finished,
because its transaction may be committed at that moment, and may be that of other requests too.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from waybill import deadline
from waybill.http.problems import MalformedRequest, ProblemError, Unavailable

Outcome = TypeVar("Outcome")

_NAME: Final = "Request-Timeout-Ms"


def time_limit(value: bytes) -> float:
    """Return the deadline of a request, in the time of `time.monotonic`. Raises ProblemError."""
    seconds = deadline.read(value)
    if seconds is None:
        detail = f"{_NAME} is the number of milliseconds that the caller waits."
        raise ProblemError(MalformedRequest(detail=detail))
    return time.monotonic() + seconds


async def answered_by(
    by: float, run: Callable[[], Awaitable[Outcome]], *, is_safe: bool
) -> Outcome:
    """Return what `run` does. Raises ProblemError when the deadline has passed."""
    seconds = by - time.monotonic()
    if seconds <= 0:
        raise ProblemError(Unavailable(detail=f"{_NAME} had passed; nothing was executed."))
    with deadline.within(seconds):
        if not is_safe:
            return await run()
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await run()
        except TimeoutError:
            if not limit.expired():
                raise
            raise ProblemError(Unavailable(detail=f"{_NAME} has passed.")) from None
