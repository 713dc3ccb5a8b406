"""The violations that services report at /metrics with WAYBILL_CHECK_CONTRACT."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

_CHECKS: Final = "waybill_contract_checks_total"
_VIOLATIONS: Final = "waybill_contract_violations_total"


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """The number of checked responses and events of a service, and its violations."""

    checks: Mapping[str, int]
    """By side: answer, event."""
    violations: tuple[str, ...]


def self_check_of(address: str) -> SelfCheck:
    """Read the metrics of a service. Raises httpx.HTTPError."""
    response = httpx.get(f"{address}/metrics", timeout=10)
    response.raise_for_status()
    found = list(_samples(response.text))
    return SelfCheck(
        checks={labels["side"]: int(value) for name, labels, value in found if name == _CHECKS},
        violations=tuple(
            f"{labels['side']} {labels['subject']}: {labels['part']}, {int(value)} times"
            for name, labels, value in found
            if name == _VIOLATIONS
        ),
    )


def _samples(text: str) -> Iterator[tuple[str, Mapping[str, str], float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value
