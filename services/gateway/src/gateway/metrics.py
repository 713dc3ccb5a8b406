"""The metrics of the gateway. `service` is the one behind it, `limit` the class of a rate limit."""

from functools import cache
from typing import Final

from prometheus_client import Counter, Histogram

from waybill.metrics import counter, histogram, reading

UPSTREAM_REQUESTS: Final = counter(
    "waybill_upstream_requests_total",
    "Requests to services, by the class of the response's status, or: unreachable, broken_off"
    " (no whole response), silent (none in time).",
    ("service", "status"),
    unit="requests",
)
UPSTREAM_SECONDS: Final = histogram(
    "waybill_upstream_request_duration_seconds",
    "Time from a request to a service to the head of its response.",
    ("service",),
)
UPSTREAM_UP: Final = reading(
    "waybill_upstream_up",
    "Whether the service answers, as far as the last requests to it say.",
    ("service",),
    unit="0 or 1",
)
LIMITED: Final = reading(
    "waybill_rate_limited_requests_total",
    "Requests that were refused as the caller has used up its quota.",
    ("limit",),
    unit="requests",
    kind="counter",
)
LIMIT_STORE_UP: Final = reading(
    "waybill_rate_limit_store_up",
    "Whether the store of shared rate limits answers; absent without one.",
    unit="0 or 1",
)


def measure_answer(service: str, status: int, seconds: float) -> None:
    """Count a response of a service, and the time until its head."""
    _requests(service, status // 100).inc()
    _seconds(service).observe(seconds)


@cache
def _requests(service: str, status_class: int) -> Counter:
    return UPSTREAM_REQUESTS.labels(service, f"{status_class}xx")


@cache
def _seconds(service: str) -> Histogram:
    return UPSTREAM_SECONDS.labels(service)
