"""`waybill chaos`."""

import secrets
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from waybill_toolkit.lab.chaos.arena import arena
from waybill_toolkit.lab.chaos.campaign import Outline, run_campaign
from waybill_toolkit.lab.chaos.report import write_report
from waybill_toolkit.lab.chaos.result import Result
from waybill_toolkit.lab.chaos.schedule import GAP_SECONDS
from waybill_toolkit.lab.chaos.show import show_result
from waybill_toolkit.lab.chaos.small_disk import MEGABYTES_MIN, small_disk
from waybill_toolkit.lab.chaos.view import ConsoleView
from waybill_toolkit.operations.workload.options import PortBase
from waybill_toolkit.operations.workload.session import told
from waybill_toolkit.output import AsJson, console_of, give, in_a_folder, written
from waybill_toolkit.platform import launcher
from waybill_toolkit.platform.options import Data, data_folder, tree_root
from waybill_toolkit.platform.plan import PORT_BASE, Plan

app = typer.Typer()

Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the result there: to NAME.md as a report in Markdown, with a picture in SVG "
        "beside it; to another name as JSON.",
        dir_okay=False,
        writable=True,
        callback=in_a_folder,
    ),
]


@app.command()
def chaos(
    *,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of the faults and orders.", show_default="any")
    ] = None,
    orders: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many.")] = 1000,
    gap: Annotated[
        float,
        typer.Option(min=0.5, max=600, help="Seconds from fault to fault, on average."),
    ] = GAP_SECONDS,
    as_json: AsJson = False,
    output: Output = None,
    disk_megabytes: Annotated[
        int | None,
        typer.Option(
            min=MEGABYTES_MIN,
            help="Keep all data on a disk of this size in memory, and fill it now and then. Needs "
            "root; what was in the data folder is not seen meanwhile.",
            show_default="no small disk",
        ),
    ] = None,
    data: Data = None,
    port_base: PortBase = PORT_BASE,
) -> None:
    """Break whatever can break while orders are placed; find out whether anything came of it.

    A platform that runs is started anew with a fault proxy between its processes, and stopped at
    the end. The exit status is 1 when an order was lost, repeated or oversold.
    """
    console = console_of(as_json=as_json)
    chosen = secrets.randbelow(1_000_000) if seed is None else seed
    console.print(f"Seed {chosen}: the same faults come with --seed {chosen} --orders {orders}.")
    with told():
        folder = data_folder(data)
        launcher.stop(folder)
        plan = Plan.of(folder, tree_root() / "services", port_base)
        with small_disk(folder, disk_megabytes) if disk_megabytes else nullcontext():
            result = uvloop.run(_run(plan, Outline.of(chosen, orders, gap), console))
        show_result(console, result)
    is_report = output is not None and output.suffix == ".md"
    give(result.to_json(), as_json=as_json, output=None if is_report else output)
    if output and is_report:
        written(output, lambda: write_report(output, result))
    raise typer.Exit(0 if result.is_ok else 1)


async def _run(plan: Plan, outline: Outline, console: Console) -> Result:
    view = ConsoleView(console)
    view.say("Starting the platform, with a fault proxy between its processes ...")
    async with arena(plan) as ground:
        with view.shown():
            return await run_campaign(ground, outline, view)
