"""A chart of a campaign over time, as SVG: load, latencies, faults, recoveries.

▁▃▃▃▁▁▇▅▃▃   orders placed and completed per second
▁▁▁▂▂▇▅▂▁▁   seconds until accepted, until final: median and maximum
▇▇·· ▇▇▇··   each fault, followed by the time until orders flowed again
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from statistics import median
from typing import Final, TypeAlias

from waybill_toolkit.lab.chaos.event import Event
from waybill_toolkit.lab.chaos.history import Attempt
from waybill_toolkit.lab.chaos.recovery import recovery
from waybill_toolkit.lab.chaos.result import Result

_WIDTH: Final = 1100
_LEFT: Final = 120
_RIGHT: Final = 20
_PANEL: Final = 110
_GAP: Final = 34
_ROW: Final = 14
_BINS_MAX: Final = 240
_LEAST_SECONDS: Final = 0.01  # at the bottom of the logarithmic scale

_BEGUN: Final = "#9db7d5"
_FINAL: Final = "#2b6cb0"
_ACCEPT: Final = "#2f855a"
_FAULT: Final = "#c53030"
_RECOVERY: Final = "#f6ad55"
_MISSED: Final = "#bbbbbb"
_GRID: Final = "#e8e8e8"

_TIME_MARKS: Final = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
_MARKS_MAX: Final = 12


_Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Maps seconds since the start of the campaign to positions in the chart."""

    seconds: float

    def x(self, seconds: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(1.0, seconds / self.seconds)

    @property
    def bin_seconds(self) -> float:
        return max(1.0, self.seconds / _BINS_MAX)


def draw_timeline(result: Result) -> str:
    """Return the chart as SVG."""
    ends = [each.ended for each in result.attempts if each.ended is not None]
    began = [each.began for each in result.attempts]
    over = [event.ready_again or event.ended or event.began for event in result.events]
    scale = _Scale(max([1.0, *ends, *began, *over]))
    rows = _rows(result.events)
    load_top, latency_top = _GAP, 2 * _GAP + _PANEL
    faults_top = latency_top + _PANEL + _GAP
    height = faults_top + _ROW * len(rows) + _GAP
    parts = [
        *_load(result.attempts, scale, load_top),
        *_latencies(result.attempts, scale, latency_top),
        *_faults(rows, result.attempts, scale, faults_top),
        *_time_axis(scale, height - 12, _GAP, height - _GAP),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="sans-serif" font-size="11">\n'
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _load(attempts: Sequence[Attempt], scale: _Scale, top: float) -> Iterable[str]:
    begun = _per_second((each.began for each in attempts), scale)
    final = _per_second((each.ended for each in attempts if each.ended is not None), scale)
    most = max([1.0, *begun.values(), *final.values()])
    yield _title(top, "orders a second: placed (light), final")
    yield _label(top, f"{most:.0f}")
    width = scale.x(scale.bin_seconds) - _LEFT
    for counts, color, inset in ((begun, _BEGUN, 0.0), (final, _FINAL, 0.25)):
        for number, count in counts.items():
            size = _PANEL * count / most
            x = scale.x(number * scale.bin_seconds) + width * inset
            yield _rectangle((x, top + _PANEL - size), (width * (1 - 2 * inset), size), color)


def _per_second(moments: Iterable[float], scale: _Scale) -> dict[int, float]:
    counts: defaultdict[int, float] = defaultdict(float)
    for moment in moments:
        counts[int(moment / scale.bin_seconds)] += 1 / scale.bin_seconds
    return counts


def _latencies(attempts: Sequence[Attempt], scale: _Scale, top: float) -> Iterable[str]:
    yield _title(
        top, "seconds until accepted (green), until final (blue): median thick, maximum thin; log"
    )
    known = [each.end_seconds or each.accept_seconds or 0.0 for each in attempts]
    most = max([10.0, *known])
    decades = log10(most / _LEAST_SECONDS)

    def y(seconds: float) -> float:
        return top + _PANEL * (1 - log10(max(seconds, _LEAST_SECONDS) / _LEAST_SECONDS) / decades)

    for mark in (0.01, 0.1, 1, 10, 100):
        if mark <= most:
            yield _line((_LEFT, y(mark)), (_WIDTH - _RIGHT, y(mark)))
            yield _label(y(mark) - 8, f"{mark:g} s")
    for color, seconds in (
        (_ACCEPT, lambda each: each.accept_seconds),
        (_FINAL, lambda each: each.end_seconds),
    ):
        yield from _curves(_by_bin(attempts, seconds, scale), color, scale, y)


def _by_bin(
    attempts: Sequence[Attempt], seconds: Callable[[Attempt], float | None], scale: _Scale
) -> dict[int, list[float]]:
    bins: defaultdict[int, list[float]] = defaultdict(list)
    for each in attempts:
        value = seconds(each)
        if value is not None:
            bins[int(each.began / scale.bin_seconds)].append(value)
    return dict(sorted(bins.items()))


def _curves(
    bins: dict[int, list[float]], color: str, scale: _Scale, y: Callable[[float], float]
) -> Iterable[str]:
    for value, width in ((median, 2.0), (max, 0.7)):
        points = " ".join(
            f"{scale.x((number + 0.5) * scale.bin_seconds):.1f},{y(value(values)):.1f}"
            for number, values in bins.items()
        )
        yield f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="{width}"/>'


def _rows(events: Sequence[Event]) -> dict[str, list[Event]]:
    """Group faults by kind, one row each, in the order of the first fault."""
    rows: dict[str, list[Event]] = {}
    for event in events:
        rows.setdefault(str(event.fault.kind), []).append(event)
    return rows


def _faults(
    rows: dict[str, list[Event]], attempts: Sequence[Attempt], scale: _Scale, top: float
) -> Iterable[str]:
    yield _title(top, "faults (red), until orders flowed again (orange); grey: no effect")
    for number, (kind, events) in enumerate(rows.items()):
        y = top + number * _ROW
        yield _label(y, kind)
        for event in events:
            yield from _bar(event, attempts, scale, y + 2)


def _bar(event: Event, attempts: Sequence[Attempt], scale: _Scale, y: float) -> Iterable[str]:
    end = event.ended or event.began
    color = _MISSED if event.missed else _FAULT
    flows = None if event.missed else recovery(event, attempts).flows_again_seconds
    if flows is not None:
        x = scale.x(end)
        yield _rectangle((x, y + 3), (scale.x(end + flows) - x, _ROW - 9), _RECOVERY)
    width = max(2.0, scale.x(end) - scale.x(event.began))
    tip = f"{event.began:.1f} s: {event.fault} {event.missed}".strip()
    yield _rectangle((scale.x(event.began), y), (width, _ROW - 3), color, tip)


def _time_axis(scale: _Scale, y: float, top: float, bottom: float) -> Iterable[str]:
    step = next((mark for mark in _TIME_MARKS if scale.seconds / mark <= _MARKS_MAX), 1200)
    for number in range(int(scale.seconds / step) + 1):
        x = scale.x(number * step)
        yield _line((x, top), (x, bottom))
        yield f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{number * step} s</text>'


def _title(top: float, text: str) -> str:
    return f'<text x="{_LEFT}" y="{top - 8}" font-weight="bold">{escape(text)}</text>'


def _label(top: float, text: str) -> str:
    return f'<text x="{_LEFT - 6}" y="{top + 11:.1f}" text-anchor="end">{escape(text)}</text>'


def _line(start: _Point, end: _Point) -> str:
    return (
        f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
        f'stroke="{_GRID}"/>'
    )


def _rectangle(at: _Point, size: _Point, color: str, tip: str = "") -> str:
    (x, y), (width, height) = at, size
    shape = (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}"'
    )
    return f"{shape}><title>{escape(tip)}</title></rect>" if tip else f"{shape}/>"
