"""The memory of the platform: idle after the start, and after some thousands of orders.

PSS: a page that n processes share counts 1/n for each. The sum includes the supervisor, the
pre-fork server, PostgreSQL with all its backends, the broker and the services.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Final

import uvloop

from waybill_toolkit.lab.bench.baskets import one_line
from waybill_toolkit.lab.bench.measured_platform import own_plan
from waybill_toolkit.lab.bench.placing import Place, place_closed
from waybill_toolkit.lab.bench.scenario import Case, Figures, Options, Scenario
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.status import report

CLIENTS: Final = 32
SECONDS: Final = 20.0
IDLE_SECONDS: Final = 10.0


@contextmanager
def _cases(options: Options) -> Iterator[Sequence[Case]]:
    # Started as by `waybill up`, without pg_stat_statements, which needs memory.
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
