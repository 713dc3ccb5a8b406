"""The metrics of WAYBILL_CHECK_CONTRACT; absent without that setting."""

from typing import Final

from waybill.metrics import reading

CHECKS: Final = reading(
    "waybill_contract_checks_total",
    "Own answers and sent events that were checked against the contract.",
    ("side",),
    unit="checks",
    kind="counter",
)
VIOLATIONS: Final = reading(
    "waybill_contract_violations_total",
    "Own answers and sent events that break the contract.",
    ("side", "subject", "part"),
    unit="violations",
    kind="counter",
)
