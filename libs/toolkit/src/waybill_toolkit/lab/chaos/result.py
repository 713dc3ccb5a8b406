"""The result of a campaign."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from waybill_toolkit.lab.chaos.event import Event
from waybill_toolkit.lab.chaos.history import Attempt
from waybill_toolkit.lab.chaos.recovery import by_kind
from waybill_toolkit.lab.chaos.system import Books
from waybill_toolkit.lab.chaos.verdict import Breach, Violation
from waybill_toolkit.operations.workload.summary import Latency

LOSSES = (Breach.LOST, Breach.FORGOTTEN_MEANWHILE)


@dataclass(frozen=True, slots=True)
class Result:
    seed: int
    seconds: float
    """From the first order to the last read of the databases."""
    attempts: Sequence[Attempt]
    events: Sequence[Event]
    server_errors: int
    violations: Sequence[Violation]
    books: Books
    is_ready: bool
    """Whether every process was ready after all faults were healed."""

    @property
    def is_ok(self) -> bool:
        """Whether no order was lost, duplicated, oversold or left in progress."""
        return (
            self.is_ready
            and not self.violations
            and self.books.audit.is_ok
            and self.books.audit.moving.is_nothing
            and not self.books.charged_twice
            and not self.books.units_oversold
        )

    def count(self, *breaches: Breach) -> int:
        return sum(violation.breach in breaches for violation in self.violations)

    def outcomes(self) -> dict[str, int]:
        """Count the orders by outcome, as known to their clients."""
        outcomes = Counter(_outcome(attempt) for attempt in self.attempts)
        known = ("confirmed", "rejected", "cancelled", "refused", "unknown")
        return {fate: outcomes.pop(fate, 0) for fate in known} | dict(outcomes)

    def to_json(self) -> dict[str, Any]:
        accept = Latency.of(attempt.accept_seconds for attempt in self.attempts)
        final = Latency.of(attempt.end_seconds for attempt in self.attempts)
        return {
            "ok": self.is_ok,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "orders": len(self.attempts),
            "acknowledged": sum(attempt.is_acknowledged for attempt in self.attempts),
            **self.outcomes(),
            "acknowledged_orders_lost": self.count(*LOSSES),
            "orders_placed_twice": self.count(Breach.PLACED_TWICE, Breach.OTHER_ANSWER),
            "charged_twice": self.books.charged_twice,
            "units_oversold": self.books.units_oversold,
            "violations": [violation.to_json() for violation in self.violations],
            "every_process_is_back": self.is_ready,
            "server_errors": self.server_errors,
            "accept_ms_p50": accept.p50,
            "accept_ms_p99": accept.p99,
            "final_ms_p50": final.p50,
            "final_ms_p99": final.p99,
            "recovery": {
                kind: recoveries.to_json()
                for kind, recoveries in by_kind(self.events, self.attempts).items()
            },
            "faults": [event.to_json() for event in self.events],
            "audit": self.books.audit.to_json(),
        }


def _outcome(attempt: Attempt) -> str:
    if attempt.refusal:
        return "refused"
    return attempt.status if attempt.ended is not None else "unknown"
