"""The same load with a growing number of completed orders in the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

import uvloop

from waybill_toolkit.lab.bench import show
from waybill_toolkit.lab.bench.baskets import one_line
from waybill_toolkit.lab.bench.loading import Bulk, load_orders
from waybill_toolkit.lab.bench.measured_platform import measured_platform
from waybill_toolkit.lab.bench.placing import Place, place_closed
from waybill_toolkit.lab.bench.scenario import Case, Figures, Options, Scenario

SIZES: Final = (10_000, 100_000, 1_000_000)
CLIENTS: Final = 32
SECONDS: Final = 10.0


@contextmanager
def _cases(options: Options) -> Iterator[Sequence[Case]]:
    # Always a new platform, because it inserts generated orders.
    with measured_platform(replace(options, data=None)) as platform:
        place = Place(platform, one_line())
        total = max(sizes(options.orders))
        loaded = 0
        cases = []
        for size in sizes(options.orders):
            prepare = partial(_load, place, Bulk(loaded + 1, size, total), options)
            cases.append(Case(f"{size:,} orders", partial(_measure, place, options), prepare))
            loaded = size
        yield cases


def sizes(orders_max: int | None) -> list[int]:
    """Return the default numbers of orders up to the maximum, and the maximum."""
    largest = orders_max or max(SIZES)
    return sorted({largest, *(size for size in SIZES if size < largest)})


def _load(place: Place, bulk: Bulk, options: Options) -> None:
    async def load() -> None:
        client = place.client()
        await place.baskets.stock(client)
        client.close()
        text = f"Loading orders {bulk.first:,} to {bulk.last:,}"
        with show.steps_bar(options.console, text, bulk.steps) as step:
            await load_orders(place.platform, bulk, step)

    uvloop.run(load())


def _measure(place: Place, options: Options) -> Figures:
    clients, seconds = options.clients or CLIENTS, options.seconds_or(SECONDS)
    return uvloop.run(place_closed(place, clients=clients, seconds=seconds))


GROWTH: Final = Scenario(
    "growth", "orders in a closed loop with 10,000 to 1,000,000 orders in the database", _cases
)
