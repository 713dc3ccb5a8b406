"""`waybill demo`, `audit`."""

from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from waybill_toolkit.command_line.output import AsJson, OutputFile, console_of, give
from waybill_toolkit.operations.workload import show
from waybill_toolkit.operations.workload.options import Exit, PortBase
from waybill_toolkit.operations.workload.runs import run_demo
from waybill_toolkit.operations.workload.session import (
    audit_databases,
    compare_heads,
    databases_in,
    databases_of,
    errors_reported,
    running_platform,
)
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.options import Data, data_folder
from waybill_toolkit.platform.plan import PORT_BASE

app = typer.Typer()


@app.command()
def demo(
    *,
    orders: Annotated[int, typer.Option(min=1, max=100_000, help="Number of orders.")] = 200,
    exit_: Exit = False,
    as_json: AsJson = False,
    output: OutputFile = None,
    data: Data = None,
    port_base: PortBase = PORT_BASE,
) -> None:
    """Sell something: seed a shop, place orders, see what becomes of them, audit."""
    console = console_of(as_json=as_json)
    with (
        errors_reported(),
        running_platform(data_folder(data), port_base, console, stop=exit_) as platform,
    ):
        run = uvloop.run(run_demo(platform, console, orders))
        run.show(console)
        give(run.to_json(), as_json=as_json, output=output)
        if not exit_:
            _say_what_is_next(console, platform)
    raise typer.Exit(0 if run.is_ok else 1)


@app.command()
def audit(
    *,
    heads: Annotated[
        list[Path] | None,
        typer.Option(help="A file with signed heads of security logs; may be repeated."),
    ] = None,
    head_key: Annotated[
        Path | None, typer.Option(help="The PEM file with the key of the heads, or its public key.")
    ] = None,
    databases: Annotated[
        Path | None,
        typer.Option(
            help="A folder with the addresses of databases, each in a file with the name of its"
            " service, instead of the running platform."
        ),
    ] = None,
    as_json: AsJson = False,
    output: OutputFile = None,
    data: Data = None,
) -> None:
    """Check the invariants of all databases. The exit status is 1 after a violation.

    With --heads and --head-key, compare the security logs with their signed heads, too.
    """
    with errors_reported():
        audited = (
            databases_in(databases) if databases else databases_of(Platform.load(data_folder(data)))
        )
        report = uvloop.run(audit_databases(audited))
        differences = compare_heads(audited, heads or [], head_key)
    compared = {} if differences is None else {"security_log_heads": differences}
    give(report.to_json() | compared, as_json=as_json, output=output)
    if not as_json:
        show.show_invariants(Console(), report)
        show.show_audit(Console(), report)
        show.show_heads(Console(), differences)
    raise typer.Exit(0 if report.is_ok and not differences else 1)


def _say_what_is_next(console: Console, platform: Platform) -> None:
    gateway = platform.addresses["gateway"]
    console.print(f"Waybill keeps running. Try its API: {gateway}/docs", soft_wrap=True)
    console.print(
        "`waybill import orders FILE` places real orders, `waybill down` stops everything."
    )
