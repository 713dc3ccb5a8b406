"""A chart of curves as SVG, with a linear x axis and a logarithmic y axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 800, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 160, 50, 60
_COLOURS: Final = ("#1b9e77", "#0b5d46", "#d95f02", "#8c3d00", "#7570b3", "#444444")
_TICKS_MAX: Final = 8

_OPENING: Final = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
    'font-family="sans-serif" font-size="12">'
)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """Points sorted by x. Values of 0 or less cannot be drawn on a logarithmic axis."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart with a title and several curves."""

    title: str
    x_label: str
    y_label: str
    curves: Sequence[Curve]

    def svg(self) -> str:
        """Return the chart. Raises ValueError without points."""
        points = [point for curve in self.curves for point in curve.points if point[1] > 0]
        if not points:
            raise ValueError("the chart has no points")
        scale = _Scale(
            x_max=max(x for x, _ in points) or 1.0,
            decades=_decades([y for _, y in points]),
        )
        return "\n".join(
            [
                _OPENING,
                f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
                _text(_WIDTH / 2, 28, self.title, anchor="middle", size=15),
                *_vertical_axis(scale, self.y_label),
                *_horizontal_axis(scale, self.x_label),
                *(
                    element
                    for number, curve in enumerate(self.curves)
                    for element in _curve(scale, curve, number)
                ),
                "</svg>\n",
            ]
        )


@dataclass(frozen=True, slots=True)
class _Scale:
    x_max: float
    decades: tuple[int, int]

    def x(self, value: float) -> float:
        return _LEFT + value / self.x_max * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        low, high = self.decades
        share = (log10(value) - low) / (high - low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)


def _vertical_axis(scale: _Scale, label: str) -> list[str]:
    right = _WIDTH - _RIGHT
    elements = [_text(18, _TOP - 14, label)]
    for decade in range(scale.decades[0], scale.decades[1] + 1):
        y = scale.y(10.0**decade)
        elements.append(_line(_LEFT, y, right, y))
        elements.append(_text(_LEFT - 8, y + 4, f"{10.0**decade:,g}", anchor="end"))
    return elements


def _horizontal_axis(scale: _Scale, label: str) -> list[str]:
    bottom = _HEIGHT - _BOTTOM
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    elements = [_text(middle, _HEIGHT - 16, label, anchor="middle")]
    step = _round_step(scale.x_max)
    for number in range(int(scale.x_max / step) + 1):
        x = scale.x(number * step)
        elements.append(_line(x, bottom, x, bottom + 5))
        elements.append(_text(x, bottom + 20, f"{number * step:,g}", anchor="middle"))
    return elements


def _round_step(x_max: float) -> float:
    """Return 1, 2 or 5 times a power of ten as the step, which limits the number of ticks."""
    power = 10.0 ** floor(log10(x_max / _TICKS_MAX))
    return next(step * power for step in (1, 2, 5, 10) if x_max / (step * power) <= _TICKS_MAX)


def _curve(scale: _Scale, curve: Curve, number: int) -> list[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    places = [(scale.x(x), scale.y(y)) for x, y in curve.points if y > 0]
    if not places:
        return []
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    legend = _TOP + 18 * number
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places),
        _line(_WIDTH - _RIGHT + 16, legend, _WIDTH - _RIGHT + 40, legend, colour),
        _text(_WIDTH - _RIGHT + 46, legend + 4, curve.name),
    ]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str = "#cccccc") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
    return f"<text {place}>{escape(text)}</text>"
