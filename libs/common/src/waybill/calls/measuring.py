"""Measures calls of other services; see `metrics`."""

import time
from collections.abc import Iterator
from typing import Final, Literal
from weakref import WeakKeyDictionary

from waybill.calls.limits import Bulkhead
from waybill.calls.metrics import CALL_SECONDS, CALLS, RUNNING, RUNNING_MAX
from waybill.metrics import Sample, read_by

_BULKHEADS: Final[WeakKeyDictionary[Bulkhead, str]] = WeakKeyDictionary()


class CallMeter:
    """Measures one call."""

    def __init__(self, service: str, operation: str) -> None:
        self._labels = (service, operation)
        self._began = time.perf_counter()

    def ended(self, outcome: Literal["answered", "refused", "unavailable", "not_executed"]) -> None:
        """Count the call, and its time."""
        CALLS.labels(*self._labels, outcome).inc()
        CALL_SECONDS.labels(*self._labels).observe(time.perf_counter() - self._began)


def watch_bulkhead(service: str, bulkhead: Bulkhead) -> None:
    """Show how many calls of a service are running, as long as the bulkhead exists."""
    _BULKHEADS[bulkhead] = service


@read_by
def _readings() -> Iterator[Sample]:
    for bulkhead, service in list(_BULKHEADS.items()):
        yield RUNNING.of(bulkhead.running, service)
        yield RUNNING_MAX.of(bulkhead.calls_max, service)
