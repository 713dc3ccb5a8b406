"""`waybill soak`."""

from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from waybill_toolkit.command_line.output import AsJson, OutputFile, console_of, give
from waybill_toolkit.lab.bench.measured_platform import measured_platform
from waybill_toolkit.lab.bench.run import conditions
from waybill_toolkit.lab.bench.scenario import Options
from waybill_toolkit.lab.soak.run import Soaked, soak
from waybill_toolkit.lab.soak.samples import Sample
from waybill_toolkit.lab.soak.verdicts import Verdict
from waybill_toolkit.operations.workload.session import errors_reported
from waybill_toolkit.operations.workload.show import show_audit
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.options import Data, data_folder

app = typer.Typer()

Minutes = Annotated[float, typer.Option(min=0.05, max=60 * 24 * 7, help="Duration in minutes.")]
Rate = Annotated[float, typer.Option(min=1, max=1000, help="Orders a second.")]
PortBase = Annotated[
    int | None,
    typer.Option(envvar="WAYBILL_PORT_BASE", help="First port, if a platform has to be started."),
]


@app.command(name="soak")
def soak_command(
    *,
    minutes: Minutes = 60,
    rate: Rate = 20,
    as_json: AsJson = False,
    output: OutputFile = None,
    data: Data = None,
    port_base: PortBase = None,
) -> None:
    """Place orders at a constant rate: memory, file descriptors, tables and lag must not grow.

    The command starts a new platform, unless --data names one. The exit status is 1 when a value
    grows beyond its limit, retention does not delete expired rows, or the audit fails.
    """
    console = console_of(as_json=as_json)
    options = Options(console, data=data_folder(data) if data else None, port_base=port_base)
    with errors_reported(), measured_platform(options) as platform:
        soaked = _soak(console, platform, minutes, rate)
    _show(console, soaked)
    document = {
        **soaked.to_json(),
        "conditions": {**conditions(), "minutes": minutes, "orders_per_second": rate},
    }
    give(document, as_json=as_json, output=output)
    raise typer.Exit(0 if soaked.is_ok else 1)


def _soak(console: Console, platform: Platform, minutes: float, rate: float) -> Soaked:
    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=minutes * 60)

        def show(sample: Sample) -> None:
            memory = sum(sample.memory_bytes.values()) / 2**20
            progress.update(
                task,
                completed=sample.seconds,
                description=f"{memory:,.0f} MB, {sample.orders_under_way:.0f} orders in progress",
            )

        return uvloop.run(
            soak(platform, seconds=minutes * 60, orders_per_second=rate, on_sample=show)
        )


def _show(console: Console, soaked: Soaked) -> None:
    table = Table(title="Growth after the warm-up", title_justify="left")
    for heading in ("", "what", "measured", "allowed"):
        table.add_column(heading, justify="right" if heading in {"measured", "allowed"} else "left")
    for verdict in soaked.verdicts:
        if not verdict.is_worth_a_look:
            continue
        mark = "[green]✓[/green]" if verdict.is_ok else "[red]✗[/red]"
        measured, allowed = _amount(verdict.measured, verdict), _amount(verdict.allowed, verdict)
        table.add_row(mark, verdict.what, measured, allowed)
    console.print(table)
    console.print(f"{len(soaked.verdicts)} figures were checked.", highlight=False)
    if soaked.retention_wrong is None:
        console.print(
            "Retention was not checked: it runs once a minute, and the run was too short."
        )
    for each in soaked.retention_wrong or ():
        console.print(f"[red]✗[/red] {each}", highlight=False)
    tally = soaked.tally
    console.print(
        f"{tally.confirmed:,} orders confirmed, {tally.unconfirmed} not.", highlight=False
    )
    show_audit(console, soaked.audit)


def _amount(value: float, verdict: Verdict) -> str:
    if verdict.unit == "bytes":
        return f"{value / 2**20:,.2f} MB"
    if verdict.unit == "share":
        return f"{value:.0%}"
    return f"{value:,.1f}"
