"""Orders at fixed rates, and the highest sustained rate.

A rate is sustained when all orders are confirmed, the 99th percentile of acceptance is at most 50
ms and that of confirmation at most 1 s, both from the scheduled time of each order.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

import uvloop

from waybill_toolkit.lab.bench.baskets import BASKETS, one_line
from waybill_toolkit.lab.bench.measured_platform import measured_platform
from waybill_toolkit.lab.bench.placing import Place, place_open
from waybill_toolkit.lab.bench.plot import Curve, Plot
from waybill_toolkit.lab.bench.scenario import Case, Figure, Figures, Options, Scenario
from waybill_toolkit.lab.bench.searching import highest_sustained

ACCEPT_MS_P99_MAX: Final = 50.0
CONFIRM_MS_P99_MAX: Final = 1000.0
RATES: Final = (25, 50, 100, 200, 400, 600, 800, 1000)  # from 25 a second up
SECONDS: Final = 10.0
SUSTAINED_SECONDS: Final = 60.0

_SEARCH_FROM: Final = 100.0
_TITLE: Final = "Latency over rate, orders of one line, directly to the service"
_CURVES: Final = ("accept_ms_p50", "accept_ms_p99", "confirm_ms_p50", "confirm_ms_p99")


def is_sustained(figures: Figures) -> bool:
    """Return whether a round meets the conditions of a sustained rate."""
    accept, confirm = figures["accept_ms_p99"], figures["confirm_ms_p99"]
    return (
        figures["unconfirmed"] == 0
        and figures["offered_share"] == 1
        and isinstance(accept, float)
        and isinstance(confirm, float)
        and accept <= ACCEPT_MS_P99_MAX
        and confirm <= CONFIRM_MS_P99_MAX
    )


@contextmanager
def _cases(options: Options) -> Iterator[Sequence[Case]]:
    seen: list[Figures] = []
    with measured_platform(options) as platform:
        fixed = Place(platform, one_line())
        searched = [Place(platform, baskets()) for baskets in BASKETS]
        yield [
            *(
                Case(f"{rate} a second, one line", partial(_at, fixed, float(rate), options, seen))
                for rate in RATES
            ),
            *(
                Case(
                    f"sustained, {place.baskets.name}",
                    partial(_sustained, place, options, seen),
                    rounds_max=1,
                )
                for place in searched
            ),
        ]
    if options.plot and seen:
        options.plot.write_text(plot(seen).svg(), "utf-8")


def _at(place: Place, rate: float, options: Options, seen: list[Figures]) -> Figures:
    seconds = options.seconds_or(SECONDS)
    figures = uvloop.run(place_open(place, per_second=rate, seconds=seconds))
    seen.append(figures)
    return {**figures, "sustained_share": float(is_sustained(figures))}


def _sustained(place: Place, options: Options, seen: list[Figures]) -> Figures:
    return uvloop.run(_search(place, options, seen))


async def _search(place: Place, options: Options, seen: list[Figures]) -> Figures:
    """Find the rate, and measure half of it, where orders should not queue."""
    brief = options.seconds_or(SECONDS)
    long = options.seconds_or(SUSTAINED_SECONDS)
    at_best: Figures = {}

    async def attempt(per_second: float, *, for_long: bool) -> bool:
        nonlocal at_best
        seconds = long if for_long else brief
        figures = await place_open(place, per_second=per_second, seconds=seconds)
        kept = is_sustained(figures)
        options.console.print(
            f"  {per_second:,.0f} a second for {seconds:g} s: {'' if kept else 'not '}sustained"
        )
        if place.baskets.name == "one line":
            seen.append(figures)
        if for_long and kept:
            at_best = figures
        return kept

    rate = await highest_sustained(attempt, _SEARCH_FROM)
    if not rate:
        return {"sustained_per_second": 0.0}
    half = await place_open(place, per_second=rate / 2, seconds=long)
    return {
        "sustained_per_second": rate,
        **{name: value for name, value in at_best.items() if name not in _OF_A_ROUND},
        **{f"half_rate_{name}": half[name] for name in ("accept_ms_p99", "confirm_ms_p99")},
    }


_OF_A_ROUND: Final = frozenset({"offered_per_second", "offered_share"})


def plot(rounds: Sequence[Figures]) -> Plot:
    """Return a chart of the latencies over the rates."""
    ordered = sorted(rounds, key=lambda each: _number(each["offered_per_second"]))
    return Plot(
        title=_TITLE,
        x_label="orders a second, offered",
        y_label="milliseconds",
        curves=[
            Curve(
                name.replace("_ms_", " "),
                [
                    (_number(each["offered_per_second"]), _number(each[name]))
                    for each in ordered
                    if each.get(name)
                ],
            )
            for name in _CURVES
        ],
    )


def _number(figure: Figure) -> float:
    return figure if isinstance(figure, float) else 0.0


OPEN_LOOP: Final = Scenario(
    "open-loop", "latencies at fixed rates, and the highest rate that is sustained", _cases
)
