"""The layouts that are measured: a few to fit the model, the others to hold it against."""

from collections.abc import Sequence
from typing import Final

from waybill_toolkit.lab.bench.scaling.model import Layout

CALIBRATION: Final[Sequence[Layout]] = (
    Layout("calibration, 1 client", 1, is_calibration=True),
    Layout("calibration, 8 clients", 8, is_calibration=True),
    Layout("calibration, 128 clients", 128, is_calibration=True),
)

LAYOUTS: Final[Sequence[Layout]] = (
    *CALIBRATION,
    Layout("small batches: 16 clients", 16),
    Layout("large batches: 64 clients", 64),
    Layout("4 partitions, 64 clients", 64, partitions=4),
    Layout("2 stock databases, 16 clients", 16, stock_databases=2),
    Layout("2 stock databases, 128 clients", 128, stock_databases=2),
    Layout("2 replicas, 64 clients", 64, inventory_replicas=2, partitions=4),
    Layout(
        "2 stock databases, 2 replicas, 128 clients",
        128,
        stock_databases=2,
        inventory_replicas=2,
        partitions=4,
    ),
)
