"""The business figures of the stock."""

from typing import Final

from waybill.metrics import counter

RESERVATIONS: Final = counter(
    "waybill_reservations_total",
    "Reservations of orders, by what became of them: reserved, refused, committed, commit_refused,"
    " released, expired; a repeated command counts again.",
    ("outcome",),
    unit="reservations",
)


def count(**reservations: int) -> None:
    """Count reservations, by their outcome."""
    for outcome, number in reservations.items():
        RESERVATIONS.labels(outcome).inc(number)
