"""Reads in a closed loop: an order by its id, a page of orders, a page of the catalogue."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import uvloop

from waybill_toolkit.lab.bench.baskets import one_line
from waybill_toolkit.lab.bench.costs import Meter
from waybill_toolkit.lab.bench.latencies import Latencies
from waybill_toolkit.lab.bench.load import closed_loop
from waybill_toolkit.lab.bench.measured_platform import measured_platform
from waybill_toolkit.lab.bench.placing import Place, place_closed
from waybill_toolkit.lab.bench.scenario import Case, Figures, Options, Scenario
from waybill_toolkit.operations.workload.service import Service
from waybill_toolkit.operations.workload.tokens import tokens_of
from waybill_toolkit.platform.handle import Platform

CLIENTS: Final = 8
SECONDS: Final = 5.0
PAGE: Final = 50

_PLACED_SECONDS: Final = 2.0
_WARM_UP_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Read:
    name: str
    service: str
    targets: Sequence[str]
    """Requested in rotation."""


@contextmanager
def _cases(options: Options) -> Iterator[Sequence[Case]]:
    with measured_platform(options) as platform:
        reads = uvloop.run(_reads(platform, options))
        yield [
            Case(f"{route}, {read.name}", partial(_run, platform, read, route, options))
            for route in ("straight", "gateway")
            for read in reads
        ]


async def _reads(platform: Platform, options: Options) -> list[Read]:
    """Place some orders, and return the requests for them."""
    seconds = min(_PLACED_SECONDS, options.seconds_or(_PLACED_SECONDS))
    await place_closed(Place(platform, one_line()), clients=CLIENTS, seconds=seconds)
    orders = Service("orders", platform.addresses["orders"], tokens=tokens_of(platform))
    page = await orders.get("/v1/orders", {"limit": PAGE})
    orders.close()
    by_id = [f"/v1/orders/{item['order_id']}" for item in page["items"]]
    return [
        Read("order by id", "orders", by_id),
        Read("page of orders", "orders", [f"/v1/orders?limit={PAGE}"]),
        Read("page of the catalogue", "catalog", [f"/v1/variants?limit={PAGE}"]),
    ]


def _run(platform: Platform, read: Read, route: str, options: Options) -> Figures:
    return uvloop.run(_measure(platform, read, route, options))


async def _measure(platform: Platform, read: Read, route: str, options: Options) -> Figures:
    door = "gateway" if route == "gateway" else read.service
    service = Service(door, platform.addresses[door], tokens=tokens_of(platform))
    latencies = Latencies()
    loop = asyncio.get_running_loop()

    async def ask(number: int, intended: float) -> None:
        await service.get(read.targets[number % len(read.targets)])
        latencies.record(loop.time() - intended)

    clients, seconds = options.clients or CLIENTS, options.seconds_or(SECONDS)
    try:
        await closed_loop(ask, clients=clients, seconds=min(_WARM_UP_SECONDS, seconds))
        async with Meter(platform) as meter:
            before = await meter.read()
            latencies, began = Latencies(), loop.time()
            await closed_loop(ask, clients=clients, seconds=seconds)
            took = loop.time() - began
            costs = (await meter.read()).figures_since(before, latencies.count, "request")
    finally:
        service.close()
    return {
        "answers_per_second": latencies.count / took,
        **latencies.figures("answer"),
        "requests": latencies.count,
        **{name: value for name, value in costs.items() if not name.startswith("events")},
    }


READS: Final = Scenario("reads", "an order by its id, a page of orders, of the catalogue", _cases)
