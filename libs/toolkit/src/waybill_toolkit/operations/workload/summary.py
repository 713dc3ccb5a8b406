"""Counts and latencies of a number of orders."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from waybill_toolkit.operations.workload.placing import Outcome


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles in milliseconds; None without values."""

    p50: float | None
    p99: float | None

    @classmethod
    def of(cls, seconds: Iterable[float | None]) -> "Latency":
        known = sorted(each for each in seconds if each is not None)
        return cls(_percentile_ms(known, 50), _percentile_ms(known, 99))


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts by outcome: each order is in one count from `confirmed` to `refused`."""

    placed: int
    already_there: int
    confirmed: int
    rejected_out_of_stock: int
    rejected_payment: int
    rejected_timed_out: int
    cancelled: int
    in_flight: int
    refused: int
    accept: Latency
    confirm: Latency

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> "Summary":
        outcomes_by_kind = Counter(_kind(outcome) for outcome in outcomes)
        placed = sum(outcome.is_new for outcome in outcomes)
        return cls(
            placed=placed,
            already_there=len(outcomes) - placed - outcomes_by_kind["refused"],
            confirmed=outcomes_by_kind["confirmed"],
            rejected_out_of_stock=outcomes_by_kind["out_of_stock"],
            rejected_payment=outcomes_by_kind["payment_declined"],
            rejected_timed_out=outcomes_by_kind["timed_out"],
            cancelled=outcomes_by_kind["cancelled"],
            in_flight=outcomes_by_kind["in_flight"],
            refused=outcomes_by_kind["refused"],
            accept=Latency.of(outcome.accept_seconds for outcome in outcomes),
            confirm=Latency.of(outcome.confirm_seconds for outcome in outcomes),
        )

    def to_json(self) -> dict[str, Any]:
        """Return flat figures: accept_ms_p50, accept_ms_p99 and the same for confirm."""
        flat = asdict(self)
        for name in ("accept", "confirm"):
            latency = flat.pop(name)
            flat |= {f"{name}_ms_{rank}": value for rank, value in latency.items()}
        return flat


def _kind(outcome: Outcome) -> str:
    if outcome.order is None:
        return "refused"
    if not outcome.order.is_final:
        return "in_flight"
    return outcome.order.rejection_code or outcome.order.status


def _percentile_ms(ascending: Sequence[float], percent: int) -> float | None:
    """Return a percentile by the nearest-rank method."""
    if not ascending:
        return None
    return round(ascending[ceil(len(ascending) * percent / 100) - 1] * 1000, 1)
