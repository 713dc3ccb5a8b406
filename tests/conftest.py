"""What tests of the whole system share."""

import csv
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from tests.cluster.fixtures import api_server as api_server  # noqa: PLC0414 - for all tests

from waybill_toolkit.operations.order_import.rows import COLUMNS

ROOT: Final = Path(__file__).parents[1]
REAL_HISTORY: Final = ROOT.parent / "shared" / "data" / "orders.csv"

MakeHistory = Callable[[str, int], Path]


@pytest.fixture
def make_history(tmp_path: Path) -> MakeHistory:
    """Give a function that writes so many orders, whose references begin with the given name.

    They are like real ones: a SKU stands twice in an order or has a space in it, prices change, a
    third of the rows have no name. Every name has SKUs of its own.
    """

    def make(name: str, order_count: int) -> Path:
        path = tmp_path / f"{name}.csv"
        chance = random.Random(name)  # noqa: S311 - repeatable, no secret
        skus = [f"{name}-{number}" for number in range(40)] + [f"{name} CHARGES"]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for number in range(1, order_count + 1):
                customer = f"guest-{number}" if number % 3 else "17850"
                prices = {sku: chance.choice((85, 255, 339)) for sku in skus}
                for sku in chance.choices(skus, k=chance.choice((1, 2, 3, 5, 8))):
                    article = "" if chance.random() < 1 / 3 else f"Article {sku}, white"
                    units, price = chance.randint(1, 12), prices[sku]
                    writer.writerow((
                        f"{name}-{number:04}", "2010-12-01T08:26:00Z", customer, sku, article,
                        units, price, "GBP",
                    ))  # fmt: skip
        return path

    return make


@pytest.fixture
def history_file(make_history: MakeHistory) -> Path:
    """The real history where it is at hand, else one that is made."""
    return REAL_HISTORY if REAL_HISTORY.exists() else make_history("HISTORY", 60)
