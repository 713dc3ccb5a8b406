"""What came of a number of orders, in figures."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from waybill_toolkit.operations.workload.placing import Outcome


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles in milliseconds; None when there is nothing to measure."""

    p50: float | None
    p99: float | None

    @classmethod
    def of(cls, seconds: Iterable[float | None]) -> "Latency":
        known = sorted(each for each in seconds if each is not None)
        return cls(_percentile_ms(known, 50), _percentile_ms(known, 99))


@dataclass(frozen=True, slots=True)
class Summary:
    """Every order is in exactly one of the counts from `confirmed` to `refused`."""

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
        fates = Counter(_fate(outcome) for outcome in outcomes)
        placed = sum(outcome.is_new for outcome in outcomes)
        return cls(
            placed=placed,
            already_there=len(outcomes) - placed - fates["refused"],
            confirmed=fates["confirmed"],
            rejected_out_of_stock=fates["out_of_stock"],
            rejected_payment=fates["payment_declined"],
            rejected_timed_out=fates["timed_out"],
            cancelled=fates["cancelled"],
            in_flight=fates["in_flight"],
            refused=fates["refused"],
            accept=Latency.of(outcome.accept_seconds for outcome in outcomes),
            confirm=Latency.of(outcome.confirm_seconds for outcome in outcomes),
        )

    def to_json(self) -> dict[str, Any]:
        """Flatten it: accept_ms_p50, accept_ms_p99 and the same for confirm."""
        flat = asdict(self)
        for name in ("accept", "confirm"):
            latency = flat.pop(name)
            flat |= {f"{name}_ms_{rank}": value for rank, value in latency.items()}
        return flat


def _fate(outcome: Outcome) -> str:
    if outcome.order is None:
        return "refused"
    if not outcome.order.is_final:
        return "in_flight"
    return outcome.order.rejection_code or outcome.order.status


def _percentile_ms(ascending: Sequence[float], percent: int) -> float | None:
    """Nearest rank: the least value that so many percent of all do not exceed."""
    if not ascending:
        return None
    return round(ascending[ceil(len(ascending) * percent / 100) - 1] * 1000, 1)
