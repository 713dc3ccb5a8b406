"""The report of a campaign in Markdown, with its timeline."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from waybill_toolkit.lab.chaos.recovery import by_kind
from waybill_toolkit.lab.chaos.result import Result
from waybill_toolkit.lab.chaos.timeline import draw_timeline
from waybill_toolkit.operations.workload.summary import Latency

_VIOLATIONS_MAX: Final = 100  # the JSON has all of them


def write_report(path: Path, result: Result) -> None:
    """Write the report, and its chart to the same path with the suffix .svg."""
    picture = path.with_suffix(".svg")
    picture.write_text(draw_timeline(result), "utf-8")
    path.write_text("\n".join(_lines(result, picture.name)) + "\n", "utf-8")


def _lines(result: Result, picture: str) -> Iterator[str]:
    verdict = "no order lost, duplicated or oversold" if result.is_ok else "BROKEN"
    yield f"# Chaos, seed {result.seed}, {len(result.attempts)} orders: {verdict}"
    yield ""
    yield f"![Load, latencies, faults and recoveries over time]({picture})"
    yield ""
    yield from _table(("", "count"), _counts(result))
    yield from _latencies(result)
    yield "## Time to recover"
    yield ""
    yield (
        "Seconds from the end of a fault until an order placed after it is confirmed (*flows*), "
        "and until all that were begun before it had come to their end (*caught up*), with "
        "active."
    )
    yield ""
    yield from _recoveries(result)
    yield from _violations(result)
    yield "## Faults"
    yield ""
    yield from _table(("at", "fault", "for", ""), _faults(result))


def _counts(result: Result) -> Iterator[tuple[str, str]]:
    for fate, count in result.outcomes().items():
        yield fate, str(count)
    figures = result.to_json()
    for name in (
        "acknowledged_orders_lost",
        "orders_placed_twice",
        "charged_twice",
        "units_oversold",
        "server_errors",
    ):
        yield f"**{name.replace('_', ' ')}**", str(figures[name])
    broken = ", ".join(finding.invariant.name for finding in result.books.audit.broken)
    yield "**violated invariants**", broken or "none"


def _latencies(result: Result) -> Iterator[str]:
    rows = [
        (name, _milliseconds(latency.p50), _milliseconds(latency.p99))
        for name, latency in (
            ("accepted after", Latency.of(each.accept_seconds for each in result.attempts)),
            ("final after", Latency.of(each.end_seconds for each in result.attempts)),
        )
    ]
    yield from _table(("", "p50", "p99"), rows)


def _recoveries(result: Result) -> Iterator[str]:
    rows = [
        (
            kind,
            str(each.count),
            _seconds(each.flows_again_seconds_median),
            _seconds(each.flows_again_seconds_max),
            _seconds(each.caught_up_seconds_median),
            _seconds(each.caught_up_seconds_max),
        )
        for kind, each in by_kind(result.events, result.attempts).items()
    ]
    headings = ("fault", "times", "flows, median", "most", "caught up, median", "most")
    yield from _table(headings, rows)


def _violations(result: Result) -> Iterator[str]:
    if not result.violations:
        return
    yield "## Contradictions to the responses of clients"
    yield ""
    for each in result.violations[:_VIOLATIONS_MAX]:
        yield f"- {each.reference} ({each.client}): {each.breach}: {each.detail}"
    if len(result.violations) > _VIOLATIONS_MAX:
        yield f"- and {len(result.violations) - _VIOLATIONS_MAX} more"
    yield ""


def _faults(result: Result) -> Iterator[tuple[str, str, str, str]]:
    for event in result.events:
        lasted = "" if not event.fault.seconds else f"{event.fault.seconds:.1f} s"
        yield f"{event.began:.1f} s", str(event.fault), lasted, event.missed


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield "|" + "---|" * len(headings)
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f} ms"
