"""Creates products and stock, and waits until the orders service knows the prices.

It compares with the current state and adds only what is missing. So a second run adds nothing, even
after the Idempotency-Keys have expired.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import islice
from typing import Final, TypeVar

from waybill_toolkit.operations.workload.client import (
    VARIANTS_MAX,
    Client,
    Price,
    Variant,
    WantedOrder,
)
from waybill_toolkit.operations.workload.service import PATIENCE_SECONDS, UnreachableError
from waybill_toolkit.operations.workload.tasks import Progress, for_each, no_progress

T = TypeVar("T")

CONCURRENCY: Final = 16  # concurrent requests; more are not faster on two cores
PRODUCT_NAME: Final = "Articles"

_LOOK_SECONDS: Final = 0.1


def units_wanted(orders: Iterable[WantedOrder]) -> Counter[str]:
    """Sum the quantities of orders by SKU."""
    units: Counter[str] = Counter()
    for order in orders:
        for line in order.lines:
            units[line.sku] += line.quantity
    return units


async def seed(
    client: Client,
    variants: Mapping[str, Variant],
    units: Mapping[str, int],
    progress: Progress = no_progress,
) -> None:
    """Create missing variants, and add stock until the given units are on hand.

    Raises UnreachableError, and RefusedError for a variant that the catalogue refuses.
    """
    missing = variants.keys() - (await client.catalogue()).keys()
    await add_variants(client, [variants[sku] for sku in missing])
    await add_units(client, units, progress)
    await wait_for_prices(client, dict.fromkeys(variants, ()))


async def add_variants(client: Client, variants: Iterable[Variant]) -> None:
    """Create variants that do not exist. Raises UnreachableError, RefusedError."""
    for batch in batches(sorted(variants, key=lambda each: each.sku), VARIANTS_MAX):
        digest = sha256("\n".join(map(repr, batch)).encode()).hexdigest()
        name = f"{PRODUCT_NAME} {batch[0].sku} to {batch[-1].sku}"
        await client.create_product(name, batch, f"product-{digest}")


async def add_units(
    client: Client, units: Mapping[str, int], progress: Progress = no_progress
) -> None:
    """Add stock until the given units are on hand. Raises UnreachableError, RefusedError."""
    on_hand = await client.units_on_hand()
    missing = {
        sku: wanted - on_hand.get(sku, 0)
        for sku, wanted in units.items()
        if wanted > on_hand.get(sku, 0)
    }
    if not missing:
        return
    run = secrets.token_hex(8)  # a later run with the same shortage is a different request
    with progress("Adding stock", len(missing)) as step:

        async def add(item: tuple[str, int]) -> None:
            sku, count = item
            digest = sha256(f"{run}\n{sku}".encode()).hexdigest()
            await client.add_stock(sku, count, f"stock-{digest}")
            step()

        await for_each(missing.items(), add, CONCURRENCY)


async def wait_for_prices(client: Client, prices: Mapping[str, Collection[Price]]) -> None:
    """Wait until orders knows these SKUs, each with all of these prices.

    Raises UnreachableError after a timeout without progress.
    """
    loop = asyncio.get_running_loop()
    known_count = -1
    deadline = loop.time()
    while missing := _unknown(prices, await client.known_prices()):
        if len(prices) - len(missing) > known_count:
            known_count = len(prices) - len(missing)
            deadline = loop.time() + PATIENCE_SECONDS
        if loop.time() > deadline:
            raise UnreachableError(
                f"orders does not know the price of {len(missing)} SKUs, such as {min(missing)}, "
                f"after {PATIENCE_SECONDS:g} s; see `waybill logs orders` and `catalog`."
            )
        await asyncio.sleep(_LOOK_SECONDS)


def _unknown(
    wanted: Mapping[str, Collection[Price]], known: Mapping[str, Mapping[str, Price]]
) -> set[str]:
    return {
        sku
        for sku, prices in wanted.items()
        if sku not in known or any(known[sku].get(each.currency) != each for each in prices)
    }


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of at most this size."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
