"""Waits for a condition instead of sleeping."""

import time
from collections.abc import Callable

_POLL_SECONDS = 0.01


def wait_until(
    condition: Callable[[], bool], within_seconds: float, what: str = "what was waited for"
) -> None:
    """Return as soon as `condition` holds; raises TimeoutError otherwise."""
    deadline = time.monotonic() + within_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {within_seconds:g} s")
        time.sleep(_POLL_SECONDS)
