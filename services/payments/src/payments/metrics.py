"""The metrics of the payment provider, and of money. Amounts are in the smallest unit."""

from typing import Final

from payments.domain import Operation
from waybill.metrics import begin_at_zero, counter, histogram, reading

CALLS: Final = counter(
    "waybill_provider_calls_total",
    "Calls of the provider, by their outcome: approved, declined, pending, timeout, unavailable,"
    " refused (manual action is required), failed (a defect of the adapter), unreadable (the token"
    " cannot be decrypted, so there was no call).",
    ("operation", "outcome"),
    unit="calls",
)
for _operation in Operation:
    for _outcome in ("refused", "unreadable"):  # of which one is too many
        begin_at_zero("waybill_provider_calls_total", _operation, _outcome)
CALL_SECONDS: Final = histogram(
    "waybill_provider_call_duration_seconds", "Time of one call of the provider.", ("operation",)
)
RUNNING: Final = reading(
    "waybill_provider_calls_running",
    "Calls whose answers are not recorded yet.",
    unit="calls",
)
RUNNING_MAX: Final = reading(
    "waybill_provider_calls_running_max", "The most calls at a time of one replica.", unit="calls"
)
PAYMENTS: Final = counter(
    "waybill_payments_recorded_total",
    "Operations that were recorded, by their outcome: done or declined.",
    ("operation", "outcome"),
    unit="payments",
)
AMOUNTS: Final = counter(
    "waybill_payments_minor_units_total",
    "Amounts of the operations that were done: authorize, capture, void, refund.",
    ("operation", "currency"),
    unit="minor units",
)
DECLINED: Final = counter(
    "waybill_payments_declined_total",
    "Authorizations declined, by code.",
    ("code",),
    unit="payments",
)
