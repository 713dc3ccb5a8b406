"""Contract violations of a service: counted, and logged once for each kind.

The number of kinds is limited by the places of the contract, so neither the log nor the counters
grow with the traffic. A kind contains places of the contract only, no customer data.
"""

import logging
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter

from waybill.conformance.metrics import CHECKS, VIOLATIONS
from waybill.metrics import Declaration

_log = logging.getLogger(__name__)

Side = Literal["answer", "event"]


class Findings:
    """Counts checks and violations, for /metrics."""

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self._checks = _counter(CHECKS.declaration, self.registry)
        self._violations = _counter(VIOLATIONS.declaration, self.registry)
        self._logged: set[tuple[str, str, str, str]] = set()

    def checked(self, side: Side) -> None:
        """Count one checked answer or event."""
        self._checks.labels(side).inc()

    def violation(self, side: Side, subject: str, part: str, place: str) -> None:
        """Count a violation of `subject`, an operation or event type; `part` is status, body ...

        The first of its kind is logged with `place`, the violated place of the contract.
        """
        self._violations.labels(side, subject, part).inc()
        kind = (side, subject, part, place)
        if kind not in self._logged:
            self._logged.add(kind)
            _log.error("contract violation: %s %s: %s %s", side, subject, part, place)


def _counter(declared: Declaration, registry: CollectorRegistry) -> Counter:
    """Return a counter of one service: tests have several in one process."""
    return Counter(declared.name, declared.help, declared.labels, registry=registry)
