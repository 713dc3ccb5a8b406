"""The articles and orders of a campaign."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.operations.workload.client import APPROVED, Line, Variant, WantedOrder

CLIENTS: Final = 20
CURRENCY: Final = "GBP"

_ARTICLES: Final = 12
_MANY: Final = 1_000_000  # units; more than a campaign sells
_SCARCE_SHARE: Final = (
    0.10  # of the orders want the scarce article, which has stock for half of them
)
_UNKNOWN_SHARE: Final = 0.03  # want an unknown SKU, and are refused
_TOKENS: Final = {  # tokens of the sandbox; all others are valid cards
    "tok_decline": 0.05,
    "tok_timeout_then_approved": 0.03,
    "tok_error_once": 0.02,
}


@dataclass(frozen=True, slots=True)
class Shop:
    variants: Mapping[str, Variant]
    units: Mapping[str, int]
    orders: list[WantedOrder]


def open_shop(seed: int, order_count: int, run: str) -> Shop:
    """Create a shop. It is deterministic, except for `run`, which is part of every name."""
    chance = random.Random(f"shop {seed}")  # noqa: S311 - repeatable, no secret
    skus = [f"CHAOS-{run}-{number:02}" for number in range(_ARTICLES)]
    scarce = f"CHAOS-{run}-SCARCE"
    variants = {sku: Variant(sku, "", 255, CURRENCY) for sku in (*skus, scarce)}
    orders = [_order(number, run, skus, scarce, chance) for number in range(1, order_count + 1)]
    wanted = sum(line.quantity for each in orders for line in each.lines if line.sku == scarce)
    return Shop(variants, {**dict.fromkeys(skus, _MANY), scarce: max(1, wanted // 2)}, orders)


def _order(
    number: int, run: str, skus: list[str], scarce: str, chance: random.Random
) -> WantedOrder:
    lines = [Line(sku, chance.randint(1, 4)) for sku in chance.sample(skus, chance.randint(1, 3))]
    kind = chance.random()
    if kind < _SCARCE_SHARE:
        lines.append(Line(scarce, chance.randint(1, 2)))
    elif kind < _SCARCE_SHARE + _UNKNOWN_SHARE:
        lines.append(Line(f"CHAOS-{run}-NOWHERE", 1))
    client = f"chaos-{run}-{number % CLIENTS:02}"
    return WantedOrder(f"chaos-{run}-{number:06}", client, CURRENCY, lines, _token(chance))


def _token(chance: random.Random) -> str:
    drawn = chance.random()
    for token, share in _TOKENS.items():
        if drawn < share:
            return token
        drawn -= share
    return APPROVED
