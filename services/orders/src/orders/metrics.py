"""The business figures of orders. Values are in the smallest unit of their currency."""

from typing import Final

from waybill.metrics import SLOW_SECONDS, counter, histogram, reading

PLACED: Final = counter(
    "waybill_orders_placed_total", "Orders that were accepted.", ("currency",), unit="orders"
)
PLACED_VALUE: Final = counter(
    "waybill_orders_placed_minor_units_total",
    "Value of the orders that were accepted.",
    ("currency",),
    unit="minor units",
)
REFUSED: Final = counter(
    "waybill_orders_refused_total",
    "Orders that were not accepted, by the type of the problem.",
    ("problem",),
    unit="orders",
)
SETTLED: Final = counter(
    "waybill_orders_settled_total",
    "Accepted orders, by their outcome: confirmed, rejected or cancelled; `reason` is the code of"
    " the rejection, or `none`.",
    ("outcome", "reason"),
    unit="orders",
)
SETTLED_SECONDS: Final = histogram(
    "waybill_orders_settled_seconds",
    "Time from the acceptance of an order to its outcome: confirmed, rejected or cancelled. The"
    " objective is 10 s for the first two.",
    ("outcome",),
    buckets=SLOW_SECONDS,
)
CONFIRMED_VALUE: Final = counter(
    "waybill_orders_confirmed_minor_units_total",
    "Value of the orders that were confirmed; later cancellations are not deducted.",
    ("currency",),
    unit="minor units",
)
FOLLOWERS: Final = reading(
    "waybill_order_streams_open", "Streams that follow an order.", unit="streams"
)
FOLLOWERS_MAX: Final = reading(
    "waybill_order_streams_max", "The most streams of this replica.", unit="streams"
)
