"""Measures requests, by operation; see `metrics`."""

import time
from collections.abc import MutableMapping
from typing import Any, Final

from waybill.http.contract import Answer, Operation
from waybill.http.metrics import REQUEST_SECONDS, REQUESTS
from waybill.metrics import begin_at_zero
from waybill.trace import TraceContext

_PROBES: Final = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Requested every few seconds by the platform: not counted."""
_EVENTS: Final = "text/event-stream"
_CLOSED: Final = "closed"
_COUNTED_FROM_START: Final = ("2xx", "4xx", "5xx")
_EXEMPLAR_INTERVAL_SECONDS: Final = 1.0
_SLOW_SECONDS: Final = 0.25
"""A request that takes as long is an example in any case: slow ones are looked for."""


class Meter:
    """Counts the requests of one operation.

    Its counters are made when they are needed: most operations of a process are never called.
    """

    def __init__(self, operation_id: str, kind: str) -> None:
        self._names = (operation_id, kind)
        self._seconds: Any = None
        self._is_timed = kind != "stream"
        self._by_status: dict[int, Any] = {}
        self._exemplar_at = 0.0
        for each in _COUNTED_FROM_START:
            begin_at_zero("waybill_http_requests_total", *self._names, each)

    def count(self, status: int, seconds: float, context: TraceContext) -> None:
        """Count one request; `status` is 0 when the client has left without an answer."""
        status_class = status // 100
        counter = self._by_status.get(status_class)
        if counter is None:
            counter = self._by_status[status_class] = self._counter(status_class)
        counter.inc()
        if self._is_timed:
            if self._seconds is None:
                self._seconds = REQUEST_SECONDS.labels(*self._names)
            self._seconds.observe(seconds, self._exemplar(seconds, context))

    def _exemplar(self, seconds: float, context: TraceContext) -> dict[str, str] | None:
        if not context.sampled:
            return None
        now = time.monotonic()
        if now < self._exemplar_at and seconds < _SLOW_SECONDS:
            return None
        self._exemplar_at = now + _EXEMPLAR_INTERVAL_SECONDS
        return {"trace_id": context.trace_id}

    def _counter(self, status_class: int) -> Any:  # noqa: ANN401 - of prometheus_client
        return REQUESTS.labels(*self._names, f"{status_class}xx" if status_class else _CLOSED)


_OTHERS: Final = Meter("none", "none")


def meter_of(operation: Operation) -> Meter:
    """Return a meter for an operation."""
    answers = (each for each in operation.answers if issubclass(each, Answer))
    if any(each.media_type == _EVENTS for each in answers):
        return Meter(operation.id, "stream")
    return Meter(operation.id, "read" if operation.method == "GET" else "write")


def measure(
    scope: MutableMapping[str, Any], status: int, seconds: float, context: TraceContext
) -> None:
    """Count a request that has ended."""
    meter: Meter | None = getattr(scope.get("route"), "meter", None)
    if meter is not None:
        meter.count(status, seconds, context)
    elif scope["type"] == "http" and scope["path"] not in _PROBES:
        _OTHERS.count(status, seconds, context)
