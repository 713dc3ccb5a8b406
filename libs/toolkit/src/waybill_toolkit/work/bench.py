"""How many orders a second the platform confirms: a closed loop, in its first, simple form.

Each of so many clients places an order of one line, waits until the API says that it is confirmed,
and goes on with the next, until the time is over. All that were begun are waited for, and the rate
is that of all confirmed orders over all of that time. Client and platform share the machine.
"""

import os
import platform as machine
import random
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from waybill_toolkit.work.client import APPROVED, Client, Line, Variant, WantedOrder
from waybill_toolkit.work.following import PageWatcher
from waybill_toolkit.work.placing import place_all
from waybill_toolkit.work.seeding import seed
from waybill_toolkit.work.summary import Summary

CLIENTS: Final = 32
SECONDS: Final = 20.0

_ARTICLES: Final = 100
_UNITS: Final = 1_000_000  # of each: more than any run sells
# A look costs orders 5 ms: one per so many seconds takes a twentieth of a core from what is
# measured, and adds half of that time to a confirmation as it is seen.
_LOOK_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run measured; `unconfirmed` orders are not in the rate, and there should be none."""

    seconds: float
    summary: Summary
    unconfirmed: int

    @property
    def confirmed_per_second(self) -> float:
        return round(self.summary.confirmed / self.seconds, 1)


async def bench(
    client: Client,
    *,
    clients: int,
    seconds: float,
    on_final: Callable[[], None] = lambda: None,
) -> Measured:
    """Measure. Raises UnreachableError."""
    run = secrets.token_hex(3).upper()
    variants = {sku: Variant(sku, "", 255, "GBP") for sku in _skus(run)}
    await seed(client, variants, dict.fromkeys(variants, _UNITS))
    watcher = PageWatcher(client, page_size=2 * clients, interval_seconds=_LOOK_SECONDS)
    began = time.monotonic()
    async with watcher.watching():
        outcomes = await place_all(
            client,
            _orders_until(began + seconds, run),
            watcher.follow,
            concurrency=clients,
            on_final=on_final,
        )
    summary = Summary.of(outcomes)
    return Measured(time.monotonic() - began, summary, len(outcomes) - summary.confirmed)


def conditions() -> dict[str, object]:
    """Describe the machine, as a figure is nothing without it."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "python": machine.python_version(),
        "machine": machine.machine(),
        "system": f"{machine.system()} {machine.release()}",
    }


def to_json(measured: Measured, clients: int, seconds: float) -> dict[str, Any]:
    latencies = {
        name: value for name, value in measured.summary.to_json().items() if "_ms_" in name
    }
    return {
        "confirmed_per_second": measured.confirmed_per_second,
        **latencies,
        "confirmed": measured.summary.confirmed,
        "unconfirmed": measured.unconfirmed,
        "seconds_measured": round(measured.seconds, 2),
        "conditions": {**conditions(), "clients": clients, "seconds": seconds, "lines": 1},
    }


def _skus(run: str) -> Iterator[str]:
    return (f"BENCH-{run}-{number:03}" for number in range(_ARTICLES))


def _orders_until(end: float, run: str) -> Iterator[WantedOrder]:
    chance = random.Random(run)  # noqa: S311 - load, no secret
    skus = list(_skus(run))
    number = 0
    while time.monotonic() < end:
        number += 1
        lines = [Line(chance.choice(skus), 1)]
        yield WantedOrder(f"bench-{run}-{number}", "bench", "GBP", lines, APPROVED)
