"""How much memory the platform takes: just started and idle, and after some thousands of orders.

PSS: a page that n processes share counts 1/n for each. Everything is counted: supervisor, host,
PostgreSQL with all its backends, broker, services.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Final

import uvloop

from waybill_toolkit.lab.bench.baskets import one_line
from waybill_toolkit.lab.bench.placing import Place, place_closed
from waybill_toolkit.lab.bench.scenario import Case, Figures, Options, Scenario
from waybill_toolkit.lab.bench.stage import own_plan
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.status import report

CLIENTS: Final = 32
SECONDS: Final = 20.0
IDLE_SECONDS: Final = 10.0


@contextmanager
def _cases(options: Options) -> Iterator[Sequence[Case]]:
    # As `waybill up` starts it, without statistics, which take memory of their own.
    with own_plan(replace(options, data=None)) as plan:
        yield [
            Case("idle", partial(_idle, plan, options)),
            Case("after orders", partial(_after_orders, plan, options)),
        ]


def _idle(plan: Plan, options: Options) -> Figures:
    with running(plan) as platform:
        time.sleep(min(IDLE_SECONDS, options.seconds_or(IDLE_SECONDS)))
        return _pss(platform)


def _after_orders(plan: Plan, options: Options) -> Figures:
    with running(plan) as platform:
        clients, seconds = options.clients or CLIENTS, options.seconds_or(SECONDS)
        place = Place(platform, one_line())
        placed = uvloop.run(place_closed(place, clients=clients, seconds=seconds))
        return {**_pss(platform), "orders": placed["confirmed"]}


def _pss(platform: Platform) -> Figures:
    found: dict[str, Any] = report(platform.folder)
    return {
        "pss_bytes": float(found["pss_bytes"]),
        "pss_bytes_by_process": {
            process["name"]: float(process["pss_bytes"]) for process in found["processes"]
        },
    }


MEMORY: Final = Scenario("memory", "memory of all processes, idle and after orders", _cases)
