"""What has to be there before orders can be placed: products, stock, and prices that orders knows.

Only what is missing is added, judged by what is there and not by what was asked for before. So a
second run adds nothing, also when the services have long forgotten its keys.
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
from waybill_toolkit.operations.workload.tasks import Stage, for_each, unseen

CONCURRENCY: Final = 16  # requests at a time; more make nothing faster on two cores
PRODUCT_NAME: Final = "Articles"

_LOOK_SECONDS: Final = 0.1


def units_wanted(orders: Iterable[WantedOrder]) -> Counter[str]:
    """Add up what orders ask for, by SKU."""
    units: Counter[str] = Counter()
    for order in orders:
        for line in order.lines:
            units[line.sku] += line.quantity
    return units


async def seed(
    client: Client,
    variants: Mapping[str, Variant],
    units: Mapping[str, int],
    stage: Stage = unseen,
) -> None:
    """Make sure that all variants are sold and that so many units of each are on hand.

    Raises UnreachableError, and RefusedError for a variant that the catalogue does not take.
    """
    await _add_variants(client, variants)
    await _add_units(client, units, stage)
    await _wait_for_prices(client, variants.keys())


async def _add_variants(client: Client, variants: Mapping[str, Variant]) -> None:
    missing = sorted(variants.keys() - await client.catalogued_skus())
    for skus in _batches(missing, VARIANTS_MAX):
        digest = sha256("\n".join(skus).encode()).hexdigest()
        name = f"{PRODUCT_NAME} {skus[0]} to {skus[-1]}"
        await client.create_product(name, [variants[sku] for sku in skus], f"product-{digest}")


async def _add_units(client: Client, units: Mapping[str, int], stage: Stage) -> None:
    on_hand = await client.units_on_hand()
    missing = {
        sku: wanted - on_hand.get(sku, 0)
        for sku, wanted in units.items()
        if wanted > on_hand.get(sku, 0)
    }
    if not missing:
        return
    run = secrets.token_hex(8)  # the same lack on another day is not the same request
    with stage("Stocking up", len(missing)) as step:

        async def add(item: tuple[str, int]) -> None:
            sku, count = item
            digest = sha256(f"{run}\n{sku}".encode()).hexdigest()
            await client.add_stock(sku, count, f"stock-{digest}")
            step()

        await for_each(missing.items(), add, CONCURRENCY)


async def _wait_for_prices(client: Client, skus: Collection[str]) -> None:
    """Return when orders has heard of all SKUs; give up when it hears of none for too long."""
    loop = asyncio.get_running_loop()
    known = -1
    deadline = loop.time()
    while missing := set(skus) - await client.priced_skus():
        if len(skus) - len(missing) > known:
            known = len(skus) - len(missing)
            deadline = loop.time() + PATIENCE_SECONDS
        if loop.time() > deadline:
            raise UnreachableError(
                f"orders has not heard the price of {len(missing)} SKUs, such as {min(missing)}, "
                f"within {PATIENCE_SECONDS:g} s: see `waybill logs catalog` and `orders`."
            )
        await asyncio.sleep(_LOOK_SECONDS)


def _batches(items: Sequence[str], size: int) -> Iterator[list[str]]:
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
