"""The contents of the orders of a benchmark.

    one line     one unit of one of a hundred articles
    one SKU      one unit of the same article in every order: all need the same row
    real         the baskets of an order history (../shared/data/orders.csv) if it exists, otherwise
                 generated ones of the same shape: half have more than 11 lines, one in ten more
                 than 40

Articles have more stock than any run sells.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil
from pathlib import Path
from typing import Final

from waybill_toolkit.operations.order_import.reading import read_orders
from waybill_toolkit.operations.order_import.rules import contract_rules
from waybill_toolkit.operations.order_import.spool import Spool
from waybill_toolkit.operations.workload.client import APPROVED, Client, Line, Variant, WantedOrder
from waybill_toolkit.operations.workload.seeding import seed
from waybill_toolkit.platform.source_tree import tree_root

HISTORY: Final = "../shared/data/orders.csv"
CURRENCY: Final = "GBP"
UNITS: Final = 500_000_000  # of each article; the limit of one adjustment is twice that

_ARTICLES: Final = 100
_PRICE_MINOR: Final = 255

# Natural logarithms of the numbers of lines and units, of 300 real baskets with 6,465 lines.
_LINES_MEAN, _LINES_DEVIATION = 2.16, 1.30
_UNITS_MEAN, _UNITS_DEVIATION = 1.26, 1.24
_GENERATED_ARTICLES: Final = 1_758
_GENERATED_BASKETS: Final = 300
_LONGEST_BASKET: Final = 592
_POPULARITY: Final = 0.55  # the n-th most popular article is in n^-0.55 times as many baskets


@dataclass(frozen=True, slots=True)
class Baskets:
    """Articles to be stocked, and baskets to be ordered repeatedly."""

    name: str
    variants: Mapping[str, Variant]
    baskets: Sequence[Sequence[Line]]

    async def stock(self, client: Client) -> None:
        """Add enough stock of every article."""
        await seed(client, self.variants, dict.fromkeys(self.variants, UNITS))

    def orders(self, run: str) -> Iterator[WantedOrder]:
        """Yield orders without end; deterministic for the same run."""
        chance = random.Random(run)  # noqa: S311 - load, no secret
        number = 0
        while True:
            number += 1
            lines = chance.choice(self.baskets)
            yield WantedOrder(f"bench-{run}-{number}", "bench", CURRENCY, lines, APPROVED)


def one_line() -> Baskets:
    variants = _articles("BENCH", _ARTICLES)
    return Baskets("one line", variants, [[Line(sku, 1)] for sku in variants])


def one_sku() -> Baskets:
    variants = _articles("BENCH-ONE", 1)
    return Baskets("one SKU", variants, [[Line(sku, 1)] for sku in variants])


def real() -> Baskets:
    """Read the order history; without one, generate baskets of the same shape."""
    path = tree_root() / HISTORY
    return of_history(path) if path.is_file() else generated()


def of_history(path: Path) -> Baskets:
    """Read baskets; every SKU has its first price."""
    rules = contract_rules()
    variants: dict[str, Variant] = {}
    baskets = []
    with Spool(rules.lines_max) as spool:
        read_orders(path, spool, rules)
        for order in spool.open_orders():
            lines = order.wanted.lines
            baskets.append([Line(line.sku, line.quantity) for line in lines])
            for line in lines:
                price = line.unit_price_minor or 0
                variants.setdefault(line.sku, Variant(line.sku, "", price, order.wanted.currency))
    return Baskets("real baskets", variants, baskets)


def generated() -> Baskets:
    """Generate 300 baskets of the shape of the real ones; deterministic."""
    chance = random.Random(300)  # noqa: S311 - repeatable, no secret
    variants = _articles("BENCH-GEN", _GENERATED_ARTICLES)
    skus = list(variants)
    weights = list(accumulate((n + 1) ** -_POPULARITY for n in range(len(skus))))
    return Baskets(
        "generated baskets",
        variants,
        [_basket(chance, skus, weights) for _ in range(_GENERATED_BASKETS)],
    )


BASKETS: Final[Sequence[Callable[[], Baskets]]] = (one_line, one_sku, real)


def _basket(chance: random.Random, skus: Sequence[str], weights: Sequence[float]) -> list[Line]:
    lines = ceil(chance.lognormvariate(_LINES_MEAN, _LINES_DEVIATION))
    wanted = dict.fromkeys(chance.choices(skus, cum_weights=weights, k=min(lines, _LONGEST_BASKET)))
    return [Line(sku, ceil(chance.lognormvariate(_UNITS_MEAN, _UNITS_DEVIATION))) for sku in wanted]


def _articles(prefix: str, count: int) -> dict[str, Variant]:
    skus = (f"{prefix}-{number:04}" for number in range(count))
    return {sku: Variant(sku, "", _PRICE_MINOR, CURRENCY) for sku in skus}
