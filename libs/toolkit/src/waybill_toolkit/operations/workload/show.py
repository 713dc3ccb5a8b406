"""The console output of demo, import, audit and bench."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from waybill_toolkit.command_line.tables import print_table
from waybill_toolkit.operations.audit import Report
from waybill_toolkit.operations.workload.placing import Outcome
from waybill_toolkit.operations.workload.summary import Latency, Summary
from waybill_toolkit.operations.workload.tasks import Step

LISTED_MAX: Final = 20  # errors; the JSON has all


@contextmanager
def progress_bar(console: Console, text: str, total: int) -> Iterator[Step]:
    """Show a progress bar; without a terminal, only a line at the end."""
    columns = (
        TextColumn("{task.description:20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(text, total=total)
        yield lambda: progress.advance(task)


def show_summary(console: Console, summary: Summary) -> None:
    table = Table(title="Orders", title_justify="left")
    table.add_column("")
    table.add_column("count", justify="right")
    for name, count, is_shown in (
        ("placed", summary.placed, True),
        ("already placed", summary.already_there, summary.already_there > 0),
        ("confirmed", summary.confirmed, True),
        ("out of stock", summary.rejected_out_of_stock, True),
        ("declined", summary.rejected_payment, True),
        ("timed out", summary.rejected_timed_out, summary.rejected_timed_out > 0),
        ("cancelled", summary.cancelled, summary.cancelled > 0),
        ("refused", summary.refused, summary.refused > 0),
        ("in progress", summary.in_flight, True),
    ):
        if is_shown:
            table.add_row(name, str(count))
    print_table(console, table)
    show_latencies(console, summary.accept, summary.confirm)


def show_latencies(console: Console, accept: Latency, confirm: Latency) -> None:
    table = Table(title="Latency for the client", title_justify="left")
    for heading in ("", "p50", "p99"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, latency in (("accepted after", accept), ("confirmed after", confirm)):
        table.add_row(name, _milliseconds(latency.p50), _milliseconds(latency.p99))
    print_table(console, table)


def show_refusals(console: Console, outcomes: Sequence[Outcome]) -> None:
    refused = [outcome for outcome in outcomes if outcome.refusal]
    for outcome in refused[:LISTED_MAX]:
        say(console, f"Order {outcome.wanted.reference} was refused: {outcome.refusal}")
    say_more(console, len(refused))


def show_invariants(console: Console, report: Report) -> None:
    table = Table.grid(padding=(0, 1))
    table.add_column()
    table.add_column(no_wrap=True)
    for finding in report.findings:
        mark = "[green]✓[/green]" if finding.is_ok else "[red]✗[/red]"
        table.add_row(mark, finding.invariant.name, finding.invariant.meaning)
    print_table(console, table)


def show_audit(console: Console, report: Report) -> None:
    for finding in report.broken:
        say(console, f"✗ {finding.invariant.name}: {finding.invariant.meaning}")
        for row in finding.rows[:LISTED_MAX]:
            say(console, f"    {json.dumps(row, ensure_ascii=False)}")
        if finding.more or len(finding.rows) > LISTED_MAX:
            say(console, "    and more; --json lists up to 100")
    moving = report.moving
    if not moving.is_nothing:
        say(
            console,
            f"In progress: {moving.orders} orders; events: {moving.events_unpublished} not "
            f"published, {moving.events_in_flight} in flight, {moving.events_retried} to be "
            "retried.",
        )
    checked, broken = len(report.findings), len(report.broken)
    if broken:
        console.print(f"[red]Audit: {broken} of {checked} invariants are violated.[/red]")
    else:
        console.print(f"[green]Audit: all {checked} invariants hold.[/green]")


def show_heads(console: Console, differences: Sequence[str] | None) -> None:
    for difference in differences or ():
        say(console, f"✗ security log: {difference}")
    if differences is not None and not differences:
        console.print("[green]The security logs are as their signed heads say.[/green]")


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f} ms"


def say(console: Console, text: str) -> None:
    console.print(escape(text), highlight=False, soft_wrap=True)


def say_more(console: Console, count: int) -> None:
    if count > LISTED_MAX:
        say(console, f"... and {count - LISTED_MAX} more.")
