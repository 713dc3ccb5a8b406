"""The business figures of the stock."""

from typing import Final

from waybill.metrics import counter

RESERVATIONS: Final = counter(
    "waybill_reservations_total",
    "Reservations, by what became of them: reserved, refused, committed, expired, released.",
    ("outcome",),
    unit="reservations",
)
