"""The waterfall of a trace as an SVG picture."""

from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape

from waybill_toolkit.operations.traces.stored import StoredSpan
from waybill_toolkit.operations.traces.waterfall import (
    Row,
    extent,
    milliseconds,
    notes,
    rows,
    summary,
)

_ROW: Final = 20
_TOP: Final = 70
_LABELS: Final = 560
_BARS: Final = 620
_MARGIN: Final = 16
_DURATION: Final = 90
_INDENT: Final = 12
_COLORS: Final = ("#1f6feb", "#8250df", "#1a7f37", "#9a6700", "#bf3989", "#0a7ea4", "#57606a")
_ERROR: Final = "#cf222e"
_TICKS: Final = 5


def svg(spans: Sequence[StoredSpan], title: str) -> str:
    """Draw a trace: one line for each span, in the color of its service; failures have a frame."""
    began, ended = extent(spans)
    arranged = rows(spans)
    colors = dict(zip(sorted({each.service for each in spans}), _COLORS * 9, strict=False))
    width = 2 * _MARGIN + _LABELS + _BARS + _DURATION
    height = _TOP + len(arranged) * _ROW + _MARGIN
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" font-family="sans-serif" font-size="12">'
        ),
        f"<title>{escape(title)}</title><desc>{escape(summary(spans))}</desc>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_MARGIN}" y="22" font-size="15" font-weight="bold">{escape(title)}</text>',
        *_legend(colors),
        *_ticks(ended - began, height),
    ]
    for number, row in enumerate(arranged):
        lines += _line(row, _TOP + number * _ROW, began, ended, colors[row.span.service])
    return "\n".join([*lines, "</svg>", ""])


def _legend(colors: dict[str, str]) -> Iterator[str]:
    at = _MARGIN
    for service, color in colors.items():
        yield f'<rect x="{at}" y="34" width="12" height="12" fill="{color}"/>'
        yield f'<text x="{at + 17}" y="44" fill="#1f2328">{escape(service)}</text>'
        at += 34 + 8 * len(service)


def _ticks(total: int, height: int) -> Iterator[str]:
    for number in range(_TICKS):
        x = _MARGIN + _LABELS + number * _BARS // (_TICKS - 1)
        label = milliseconds(total * number // (_TICKS - 1))
        yield f'<line x1="{x}" y1="{_TOP - 6}" x2="{x}" y2="{height - 8}" stroke="#d0d7de"/>'
        yield f'<text x="{x}" y="{_TOP - 10}" fill="#57606a" text-anchor="middle">{label}</text>'


def _line(row: Row, top: int, began: int, ended: int, color: str) -> Iterator[str]:
    span, total = row.span, max(1, ended - began)
    note = f" ({notes(span)})" if notes(span) else ""
    label = f"{span.name}{note}"
    room = (_LABELS - row.depth * _INDENT) // 7
    shown = label if len(label) <= room else f"{label[: room - 1]}…"
    start = _MARGIN + _LABELS + (span.began - began) * _BARS // total
    length = max(2, span.nanoseconds * _BARS // total)
    frame = f' stroke="{_ERROR}" stroke-width="2"' if span.is_error else ""
    words = _ERROR if span.is_error else "#1f2328"
    x, y = _MARGIN + row.depth * _INDENT, top + 14
    duration = milliseconds(span.nanoseconds)
    yield f"<g><title>{escape(f'{span.service}: {label}, {duration}')}</title>"
    yield f'<text x="{x}" y="{y}" fill="{words}">{escape(shown)}</text>'
    yield f'<rect x="{start}" y="{top + 4}" width="{length}" height="12" fill="{color}"{frame}/>'
    yield f'<text x="{start + length + 5}" y="{y}" fill="#57606a">{duration}</text></g>'
