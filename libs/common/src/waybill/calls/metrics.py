"""The metrics of calls of other services. `service` is the called one."""

from typing import Final

from waybill.metrics import counter, histogram, reading

CALLS: Final = counter(
    "waybill_calls_total",
    "Calls, by their outcome: answered, refused (the caller is at fault), unavailable, not_executed"
    " (no address, or too many calls at once).",
    ("service", "operation", "outcome"),
    unit="calls",
)
CALL_SECONDS: Final = histogram(
    "waybill_call_duration_seconds", "Time of a call, retries included.", ("service", "operation")
)
RETRIES: Final = counter(
    "waybill_call_retries_total", "Requests that were sent again.", ("service",), unit="requests"
)
LAST_KNOWN: Final = counter(
    "waybill_calls_last_known_total",
    "Calls that failed and got the last known answer instead.",
    ("service", "operation"),
    unit="calls",
)
RUNNING: Final = reading(
    "waybill_calls_running", "Calls that are running.", ("service",), unit="calls"
)
RUNNING_MAX: Final = reading(
    "waybill_calls_running_max",
    "The most calls at a time; the next one is refused at once.",
    ("service",),
    unit="calls",
)
ADDRESSES: Final = reading(
    "waybill_breaker_addresses", "Known addresses of a service.", ("service",), unit="addresses"
)
OPEN: Final = reading(
    "waybill_breaker_open",
    "Addresses of a service that count as down: their breaker is open.",
    ("service",),
    unit="addresses",
)
