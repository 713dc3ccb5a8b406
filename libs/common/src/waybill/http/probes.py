"""Callers that ask for many resources which are not theirs.

Whether an id belongs to somebody else or to nobody, the answer is the same 404, and takes as long:
the owner is a condition of the statement, so the service does not know either. What it knows is the
caller. One wrong id is a mistake, PROBES_MIN different ones are a search.

Each replica counts for itself. The log has one line for each PROBES_MIN resources, not one for each
request, so that a caller cannot flood it.
"""

import logging
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from waybill.http.metrics import OWNER_PROBES

_log: Final = logging.getLogger(__name__)

PROBES_MIN: Final = 50
"""More than somebody gets wrong by hand, or a program by reading an old list of 20 a page."""
WINDOW_SECONDS: Final = 600.0
CALLERS_MAX: Final = 1_000
"""Then the one whose window began first is forgotten: 50 numbers each, so some 4 MB at most."""


class _Window(NamedTuple):
    began: float
    resources: set[int]


class ProbeWatch:
    """Counts the different resources that each caller was refused, in windows of ten minutes."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._windows: dict[str, _Window] = {}  # in the order in which they began

    def refused(self, caller: str, resource: str) -> None:
        """Count a resource that a caller was refused."""
        window = self._windows.get(caller)
        if window is None or self._now() - window.began >= WINDOW_SECONDS:
            window = self._begin(caller)
        window.resources.add(hash(resource))
        if len(window.resources) == PROBES_MIN:
            del self._windows[caller]
            OWNER_PROBES.inc()
            _log.warning(
                "caller %s asked for %d different resources within %d s that belong to others or do"
                " not exist",
                caller,
                PROBES_MIN,
                WINDOW_SECONDS,
            )

    def _begin(self, caller: str) -> _Window:
        self._windows.pop(caller, None)
        if len(self._windows) == CALLERS_MAX:
            del self._windows[next(iter(self._windows))]
        return self._windows.setdefault(caller, _Window(self._now(), set()))
