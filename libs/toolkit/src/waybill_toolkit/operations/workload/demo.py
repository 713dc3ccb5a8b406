"""The sample shop: a few articles, and orders of which some lack stock or a valid payment.

Each run uses new SKUs, so a demo can be repeated on the same data.
"""

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.operations.workload.client import APPROVED, Line, Variant, WantedOrder

CURRENCY: Final = "GBP"
DECLINES: Final = ("tok_decline", "tok_insufficient_funds")  # the sandbox documents them

ARTICLES: Final = {
    "LANTERN": ("White Metal Lantern", 339),
    "BOTTLE": ("Knitted Hot Water Bottle", 365),
    "TLIGHT": ("Hanging Heart T-Light Holder", 255),
    "COASTER": ("Cream Cupid Hearts Coat Hanger", 275),
    "WARMER": ("Union Jack Hand Warmer", 185),
    "NEST": ("Set of Seven Nesting Boxes", 765),
    "CLOCK": ("Alarm Clock Bakelike Red", 375),
    "BUNTING": ("Party Bunting", 465),
    "TEAPOT": ("Regency Teapot with Roses", 1095),
    "CAKE": ("Three Tier Cake Stand", 1275),
}
EXAMPLES: Final = {
    "85123A": ("White Hanging Heart T-Light Holder", 255),
    "BANK CHARGES": ("Bank charges", 100),
}
"""The articles of the example of PlaceOrder, with which Swagger UI fills its form."""
EXAMPLE_UNITS: Final = 10_000
LIMITED: Final = "LIMITED"
LIMITED_UNITS: Final = 20

EACH_TENTH: Final = 10  # of ten orders one exceeds the stock, and one has a declined payment


@dataclass(frozen=True, slots=True)
class Shop:
    """The articles and orders of a demo."""

    variants: Mapping[str, Variant]
    units: Mapping[str, int]
    orders: list[WantedOrder]


def open_shop(order_count: int, run: str | None = None) -> Shop:
    """Create a shop; deterministic for the same run and count."""
    run = run or secrets.token_hex(3).upper()
    variants = {
        f"{run}-{code}": Variant(f"{run}-{code}", name, price, CURRENCY)
        for code, (name, price) in {**ARTICLES, LIMITED: ("Limited Edition", 4950)}.items()
    }
    limited = f"{run}-{LIMITED}"
    ordinary = [sku for sku in variants if sku != limited]
    variants |= {
        sku: Variant(sku, name, price, CURRENCY) for sku, (name, price) in EXAMPLES.items()
    }
    chance = random.Random(order_count)  # noqa: S311 - repeatable, not secret
    orders = [
        _order(f"{run}-{number:05}", number, ordinary, limited, chance)
        for number in range(1, order_count + 1)
    ]
    units = dict.fromkeys(ordinary, 10)
    for order in orders:
        for line in order.lines:
            if line.sku != limited:
                units[line.sku] += line.quantity
    examples = dict.fromkeys(EXAMPLES, EXAMPLE_UNITS)
    return Shop(variants, {**units, **examples, limited: LIMITED_UNITS}, orders)


def _order(
    reference: str, number: int, ordinary: list[str], limited: str, chance: random.Random
) -> WantedOrder:
    skus = chance.sample(ordinary, chance.randint(1, 4))
    lines = [Line(sku, chance.randint(1, 6)) for sku in skus]
    token = APPROVED
    if number % EACH_TENTH == 3:
        lines.append(Line(limited, LIMITED_UNITS - 2 + number % 7))
    elif number % EACH_TENTH == 7:
        token = DECLINES[number // EACH_TENTH % len(DECLINES)]
    return WantedOrder(reference, f"customer-{number % 17}", CURRENCY, lines, token)
