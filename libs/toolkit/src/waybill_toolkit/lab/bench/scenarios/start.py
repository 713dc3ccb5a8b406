"""The time of `waybill up`, with and without existing data, until an order is confirmed.

It runs the command itself, so the time includes the start of Python and its imports. Without data,
an article is created and stocked before the order.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

import uvloop

from waybill_toolkit.lab.bench.baskets import Baskets, one_sku
from waybill_toolkit.lab.bench.measured_platform import forget, own_plan
from waybill_toolkit.lab.bench.scenario import Case, Figures, Options, Scenario
from waybill_toolkit.operations.workload.following import Poller
from waybill_toolkit.operations.workload.session import client_of
from waybill_toolkit.platform import launcher
from waybill_toolkit.platform.errors import StartError
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.source_tree import tree_root

_COMMAND: Final = "import sys; from waybill_toolkit.cli import main; sys.exit(main())"


@contextmanager
def _cases(options: Options) -> Iterator[Sequence[Case]]:
    with own_plan(replace(options, data=None)) as plan:
        yield [
            Case("cold", partial(_cold, plan)),
            Case("warm", partial(_start, plan), prepare=partial(_warm, plan)),
        ]


def _cold(plan: Plan) -> Figures:
    forget(plan.data)
    return _start(plan)


def _warm(plan: Plan) -> None:
    _cold(plan)


def _start(plan: Plan) -> Figures:
    """Start, place one order, stop."""
    began = time.monotonic()
    try:
        _up(plan)
        ready = time.monotonic() - began
        platform = Platform.load(plan.data)
        uvloop.run(_first_order(platform, one_sku()))
        confirmed = time.monotonic() - began
        processes = platform.state().processes
    finally:
        launcher.stop(plan.data)
    return {
        "ready_seconds": ready,
        "first_confirmed_seconds": confirmed,
        "ready_seconds_by_process": {each.name: each.ready_after_seconds for each in processes},
    }


def _up(plan: Plan) -> None:
    command = ["up", "--detach", "--data", str(plan.data), "--port-base", str(plan.port_base)]
    finished = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", _COMMAND, *command],
        check=False,
        capture_output=True,
        text=True,
        cwd=tree_root(),
    )
    if finished.returncode != 0:
        raise StartError(f"waybill up failed: {finished.stdout}{finished.stderr}")


async def _first_order(platform: Platform, baskets: Baskets) -> None:
    client = client_of(platform)
    try:
        await baskets.stock(client)
        run = str(time.time_ns())
        order = await client.place_order(next(baskets.orders(run)))
        order = await Poller(client).follow(order)
    finally:
        client.close()
    if order.status != "confirmed":
        raise StartError(f"The first order is {order.status}, not confirmed.")


START: Final = Scenario("start", "waybill up, cold and warm, to the first confirmed order", _cases)
