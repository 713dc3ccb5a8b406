"""Prints the result of `waybill chaos`."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from waybill_toolkit.lab.chaos.recovery import by_kind
from waybill_toolkit.lab.chaos.result import Result
from waybill_toolkit.operations.workload.show import LISTED_MAX, show_audit


def show_result(console: Console, result: Result) -> None:
    """Print the result."""
    outcomes = ", ".join(f"{count} {fate}" for fate, count in result.outcomes().items() if count)
    console.print(f"{len(result.attempts)} orders: {outcomes}.", highlight=False)
    console.print(_recoveries(result))
    for violation in result.violations[:LISTED_MAX]:
        text = f"✗ {violation.reference}: {violation.breach} ({violation.detail})"
        console.print(escape(text), highlight=False, soft_wrap=True)
    if len(result.violations) > LISTED_MAX:
        console.print(f"... and {len(result.violations) - LISTED_MAX} more.")
    show_audit(console, result.books.audit)
    if result.is_ok:
        console.print("[green]No order lost, duplicated or oversold.[/green]")
    else:
        console.print(f"[red]Seed {result.seed}: {_what_is_wrong(result)}.[/red]")


def _what_is_wrong(result: Result) -> str:
    wrong = []
    if result.violations:
        wrong.append(f"{len(result.violations)} contradictions to the responses of clients")
    if not result.books.audit.is_ok:
        wrong.append("the audit failed")
    if not result.books.audit.moving.is_nothing:
        wrong.append("the system is not idle")
    if not result.is_ready:
        wrong.append("not every process is ready")
    if result.books.charged_twice or result.books.units_oversold:
        wrong.append("charged twice or oversold")
    return ", ".join(wrong)


def _recoveries(result: Result) -> Table:
    table = Table(
        title="Time until orders flow again, and until the backlog is processed",
        title_justify="left",
    )
    table.add_column("fault")
    for heading in ("times", "flows: median", "most", "caught up: median", "most"):
        table.add_column(heading, justify="right")
    for kind, each in by_kind(result.events, result.attempts).items():
        table.add_row(
            kind,
            str(each.count),
            _seconds(each.flows_again_seconds_median),
            _seconds(each.flows_again_seconds_max),
            _seconds(each.caught_up_seconds_median),
            _seconds(each.caught_up_seconds_max),
        )
    return table


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} s"
