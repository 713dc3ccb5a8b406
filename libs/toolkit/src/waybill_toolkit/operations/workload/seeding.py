"""Creates products and stock, and waits until the orders service knows the prices.

It compares with the current state and adds only what is missing. So a second run adds nothing, even
after the Idempotency-Keys have expired.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from typing import Final

from waybill_toolkit.operations.workload.client import VARIANTS_MAX, Client, Variant, WantedOrder
from waybill_toolkit.operations.workload.service import PATIENCE_SECONDS, UnreachableError
from waybill_toolkit.operations.workload.tasks import Progress, for_each, no_progress

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
    await _add_variants(client, variants)
    await _add_units(client, units, progress)
    await _wait_for_prices(client, variants.keys())


async def _add_variants(client: Client, variants: Mapping[str, Variant]) -> None:
    missing = sorted(variants.keys() - await client.catalogued_skus())
    for skus in _batches(missing, VARIANTS_MAX):
        digest = sha256("\n".join(skus).encode()).hexdigest()
        name = f"{PRODUCT_NAME} {skus[0]} to {skus[-1]}"
        await client.create_product(name, [variants[sku] for sku in skus], f"product-{digest}")


async def _add_units(client: Client, units: Mapping[str, int], progress: Progress) -> None:
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


async def _wait_for_prices(client: Client, skus: Collection[str]) -> None:
    """Wait until the orders service knows all SKUs; fail after a timeout without progress."""
    loop = asyncio.get_running_loop()
    known = -1
    deadline = loop.time()
    while missing := set(skus) - await client.priced_skus():
        if len(skus) - len(missing) > known:
            known = len(skus) - len(missing)
            deadline = loop.time() + PATIENCE_SECONDS
        if loop.time() > deadline:
            raise UnreachableError(
                f"orders does not know the price of {len(missing)} SKUs, such as {min(missing)}, "
                f"after {PATIENCE_SECONDS:g} s; see `waybill logs orders` and `catalog`."
            )
        await asyncio.sleep(_LOOK_SECONDS)


def _batches(items: Sequence[str], size: int) -> Iterator[list[str]]:
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
