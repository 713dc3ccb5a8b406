"""The platform in several layouts: what was predicted from processor time, and what was measured.

The first cases measure the undivided platform with one, few and many clients. From them the model
predicts the others, each of which has a new platform of its own.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

import uvloop

from waybill_toolkit.lab.bench.baskets import one_line
from waybill_toolkit.lab.bench.measured_platform import own_plan
from waybill_toolkit.lab.bench.placing import Place, place_closed
from waybill_toolkit.lab.bench.scaling.layouts import LAYOUTS
from waybill_toolkit.lab.bench.scaling.model import INVENTORY, Layout, Model, Run, by_component, fit
from waybill_toolkit.lab.bench.scaling.replicas import replicas
from waybill_toolkit.lab.bench.scenario import Case, Figure, Figures, Options, Scenario
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import running
from waybill_toolkit.platform.plan import Plan

SECONDS: Final = 10.0
KNOWN: Final = (
    "confirmed_per_second",
    "confirm_ms_p50",
    "unconfirmed",
    "transactions_per_order",
    "wal_bytes_per_order",
    "events_per_order",
    "cpu_seconds_per_order",
)


class _Campaign:
    """The runs so far, from which the next ones are predicted."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._calibration: dict[Layout, Run] = {}

    def measure(self, layout: Layout) -> Figures:
        figures = self._measured(layout)
        run = _run_of(layout, figures)
        if layout.is_calibration:
            self._calibration[layout] = run
        shown: dict[str, Figure] = {name: figures[name] for name in KNOWN}
        shown["cpu_seconds_per_order_by_component"] = run.cpu_seconds
        if model := self._model():
            predicted = model.per_second(layout)
            shown["predicted_per_second"] = predicted
            shown["predicted_less_measured_share"] = (predicted - run.per_second) / run.per_second
            shown["one_core_limit_per_second_by_component"] = model.limits()
        return shown

    def _model(self) -> Model | None:
        runs = sorted(self._calibration.values(), key=lambda run: run.clients)
        if len(runs) < 3:  # one, few and many clients
            return None
        alone, few, *_, many = runs
        return fit(alone, few, many, len(os.sched_getaffinity(0)))

    def _measured(self, layout: Layout) -> Figures:
        seconds = self._options.seconds_or(SECONDS)
        with (
            own_plan(self._options) as plan,
            running(laid_out(plan, layout)) as platform,
            replicas(platform, INVENTORY, layout.inventory_replicas) as others,
        ):
            place = Place(platform, one_line(), replicas=others)
            return uvloop.run(place_closed(place, clients=layout.clients, seconds=seconds))


def laid_out(plan: Plan, layout: Layout) -> Plan:
    """Return a plan of this layout."""
    settings = {**plan.settings, "WAYBILL_KAFKA_PARTITIONS_MAX": str(layout.partitions)}
    return replace(plan, settings=settings, stock_databases=layout.stock_databases)


def _run_of(layout: Layout, figures: Figures) -> Run:
    per_second, spent = (
        figures["confirmed_per_second"],
        figures.get("cpu_seconds_per_order_by_process"),
    )
    if not isinstance(per_second, float) or not per_second or not isinstance(spent, dict):
        raise PlatformError(f"No order was confirmed with {layout.name}: see `waybill logs`.")
    return Run(layout.clients, per_second, by_component(spent))


@contextmanager
def _cases(options: Options) -> Iterator[Sequence[Case]]:
    if options.data:
        raise PlatformError("layouts starts platforms of its own: leave out --data.")
    campaign = _Campaign(options)
    yield [Case(layout.name, partial(campaign.measure, layout)) for layout in LAYOUTS]


LAYOUTS_SCENARIO: Final = Scenario(
    "layouts", "orders a second by databases, replicas and batches: predicted and measured", _cases
)
