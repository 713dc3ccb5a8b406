"""The result of an audit."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from waybill_toolkit.operations.audit.invariant import Invariant
from waybill_toolkit.operations.audit.invariants import INVARIANTS

ROWS_MAX: Final = 100  # of one invariant


@dataclass(frozen=True, slots=True)
class Moving:
    """What was in progress during the audit."""

    orders: int
    """Orders whose saga has not ended."""
    events_unpublished: int
    """Events in an outbox that are not published."""
    events_in_flight: int
    """Published events that a receiver has not processed."""
    events_retried: int
    """Failed events that will be retried."""

    @property
    def is_nothing(self) -> bool:
        return not any(asdict(self).values())


@dataclass(frozen=True, slots=True)
class Finding:
    """An invariant and the rows that violate it; `more` when there are further ones."""

    invariant: Invariant
    rows: Sequence[dict[str, Any]]
    more: bool = False

    @property
    def is_ok(self) -> bool:
        return not self.rows


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, including those without rows."""

    findings: Sequence[Finding]
    moving: Moving

    @property
    def is_ok(self) -> bool:
        return all(finding.is_ok for finding in self.findings)

    @property
    def broken(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.is_ok]

    def to_json(self) -> dict[str, Any]:
        """Return the output of `waybill audit --json`."""
        return {
            "ok": self.is_ok,
            "moving": asdict(self.moving),
            "invariants": [
                {
                    "name": finding.invariant.name,
                    "meaning": finding.invariant.meaning,
                    "where": finding.invariant.where,
                    "ok": finding.is_ok,
                    "rows": list(finding.rows),
                    "more": finding.more,
                }
                for finding in self.findings
            ],
        }


@dataclass(slots=True)
class Collector:
    """Collects the findings of all databases into a report."""

    rows_max: int = ROWS_MAX
    orders: int = 0
    events_unpublished: int = 0
    events_in_flight: int = 0
    events_retried: int = 0
    _rows: dict[Invariant, list[dict[str, Any]]] = field(default_factory=dict)

    def found(self, invariant: Invariant, rows: Sequence[dict[str, Any]]) -> None:
        self._rows.setdefault(invariant, []).extend(rows)

    def report(self) -> Report:
        moving = Moving(
            self.orders, self.events_unpublished, self.events_in_flight, self.events_retried
        )
        return Report([self._finding(invariant) for invariant in INVARIANTS], moving)

    def _finding(self, invariant: Invariant) -> Finding:
        rows = self._rows[invariant]  # a KeyError: it was never checked
        return Finding(invariant, rows[: self.rows_max], more=len(rows) > self.rows_max)
