"""The waterfall of a trace: its spans as a tree, in the order in which they began."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from waybill_toolkit.operations.traces.stored import StoredSpan

_NS_PER_MS: Final = 1_000_000
_BAR_WIDTH: Final = 40
_LABEL_WIDTH: Final = 58
_PRODUCER: Final = 4
_CONSUMER: Final = 5
_MESSAGE: Final = "messaging.message.id"
SHOWN: Final = (
    "cloudevents.event_type",
    "http.response.status_code",
    "error.type",
    "waybill.provider.outcome",
    "waybill.transaction.statements",
    "waybill.saga.ended_by",
    "messaging.batch.message_count",
)
"""The attributes that are shown beside a name."""


@dataclass(frozen=True, slots=True)
class Row:
    """One span, with its depth and its time without that of its children."""

    span: StoredSpan
    depth: int
    own_ns: int


def rows(spans: Sequence[StoredSpan]) -> list[Row]:
    """Arrange spans as a tree. Those whose parent is missing are roots."""
    known = {each.span_id for each in spans}
    children: dict[str, list[StoredSpan]] = {}
    for each in spans:
        parent = each.parent_id if each.parent_id in known else ""
        children.setdefault(parent, []).append(each)
    return list(_below("", children, 0))


def _below(parent: str, children: dict[str, list[StoredSpan]], depth: int) -> Iterator[Row]:
    # Taken out, so that a circle of parents, which no honest sender makes, comes to an end.
    for span in children.pop(parent, ()):
        own = children.get(span.span_id, ())
        yield Row(span, depth, span.nanoseconds - _covered(span, own))
        yield from _below(span.span_id, children, depth + 1)


def _covered(span: StoredSpan, children: Sequence[StoredSpan]) -> int:
    """Return how long at least one of the children ran, within the span."""
    covered, until = 0, span.began
    for each in sorted(children, key=lambda child: child.began):
        began, ended = max(each.began, until), min(each.ended, span.ended)
        if ended > began:
            covered += ended - began
            until = ended
    return covered


def milliseconds(nanoseconds: int) -> str:
    """Write a duration."""
    return f"{nanoseconds / _NS_PER_MS:,.1f} ms"


def notes(span: StoredSpan) -> str:
    """Write what the shown attributes of a span say."""
    shown = [span.attributes[name] for name in SHOWN[:4] if name in span.attributes]
    if (count := span.attributes.get("waybill.transaction.statements")) is not None:
        shown.append(f"{count} statements")
    if (event := span.attributes.get("waybill.saga.ended_by")) is not None:
        shown.append(f"until {event}")
    if (count := span.attributes.get("messaging.batch.message_count")) is not None:
        shown.append(f"batch of {count}")
    return ", ".join(shown)


def summary(spans: Sequence[StoredSpan]) -> str:
    """Write a line about the whole trace."""
    began, ended = extent(spans)
    services = sorted({each.service for each in spans})
    ids = ", ".join(sorted({each.trace_id for each in spans}))
    return (
        f"trace {ids}: {milliseconds(ended - began)}, {len(spans)} spans of "
        f"{len(services)} services ({', '.join(services)})"
    )


def extent(spans: Sequence[StoredSpan]) -> tuple[int, int]:
    """Return when the first span began and the last one ended."""
    return min(each.began for each in spans), max(each.ended for each in spans)


def text(spans: Sequence[StoredSpan], longest: int = 5) -> str:
    """Draw the trace as text: start, duration, service, name, bar; then where the time went."""
    began, ended = extent(spans)
    arranged = rows(spans)
    width = max(len(each.service) for each in spans)
    lines = [summary(spans), ""]
    for row in arranged:
        span = row.span
        label = f"{'  ' * row.depth}{span.name}"
        if note := notes(span):
            label += f" ({note})"
        mark = "!" if span.is_error else " "
        lines.append(
            f"{milliseconds(span.began - began):>12} {milliseconds(span.nanoseconds):>12} {mark} "
            f"{span.service:{width}} {_cut(label):{_LABEL_WIDTH}} "
            f"{_bar(span, began, ended)}".rstrip()
        )
    lines += ["", "Longest times of their own:"]
    for row in sorted(arranged, key=lambda each: -each.own_ns)[:longest]:
        note = f" ({notes(row.span)})" if notes(row.span) else ""
        lines.append(f"{milliseconds(row.own_ns):>12}  {row.span.service}: {row.span.name}{note}")
    lines += _waits(spans, longest)
    return "\n".join(lines)


def _waits(spans: Sequence[StoredSpan], most: int) -> Iterator[str]:
    """Write how long events were in a topic, from the broker's answer until they were processed.

    An event may be sent and processed more than once: the first time counts.
    """
    sent: dict[str, int] = {}
    processed: dict[str, StoredSpan] = {}
    for each in spans:
        message = each.attributes.get(_MESSAGE)
        if message is None:
            continue
        if each.kind == _PRODUCER:
            sent[message] = min(each.ended, sent.get(message, each.ended))
        elif each.kind == _CONSUMER:
            processed.setdefault(message, each)
    waits = [
        (each.began - sent[message], each) for message, each in processed.items() if message in sent
    ]
    if waits:
        yield from ("", "Longest waits in a topic, until the event was processed:")
    for wait, span in sorted(waits, key=lambda each: -each[0])[:most]:
        yield f"{milliseconds(max(0, wait)):>12}  {span.service}: {notes(span)}"


def _cut(label: str) -> str:
    return label if len(label) <= _LABEL_WIDTH else f"{label[: _LABEL_WIDTH - 1]}…"


def _bar(span: StoredSpan, began: int, ended: int) -> str:
    total = max(1, ended - began)
    start = min((span.began - began) * _BAR_WIDTH // total, _BAR_WIDTH - 1)
    length = max(1, round(span.nanoseconds * _BAR_WIDTH / total))
    return " " * start + "█" * min(length, _BAR_WIDTH - start)
