"""`waybill chaos`."""

import secrets
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from waybill_toolkit.command_line.output import AsJson, console_of, give, in_a_folder, written
from waybill_toolkit.lab.chaos.campaign import CampaignOptions, run_campaign
from waybill_toolkit.lab.chaos.faulty_platform import faulty_platform
from waybill_toolkit.lab.chaos.report import write_report
from waybill_toolkit.lab.chaos.result import Result
from waybill_toolkit.lab.chaos.schedule import GAP_SECONDS
from waybill_toolkit.lab.chaos.show import show_result
from waybill_toolkit.lab.chaos.small_disk import MEGABYTES_MIN, small_disk
from waybill_toolkit.lab.chaos.view import ConsoleView
from waybill_toolkit.operations.workload.options import PortBase
from waybill_toolkit.operations.workload.session import errors_reported
from waybill_toolkit.platform import launcher
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.broker_kind import BrokerKind
from waybill_toolkit.platform.options import Broker, Data, data_folder
from waybill_toolkit.platform.plan import PORT_BASE, Plan
from waybill_toolkit.platform.source_tree import tree_root

app = typer.Typer()

Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the result there: to NAME.md as a report in Markdown, with a picture in SVG "
        "next to it; to another name as JSON.",
        dir_okay=False,
        writable=True,
        callback=in_a_folder,
    ),
]


@app.command()
def chaos(
    *,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the faults and orders.", show_default="any")
    ] = None,
    orders: Annotated[int, typer.Option(min=1, max=1_000_000, help="Number of orders.")] = 1000,
    gap: Annotated[
        float,
        typer.Option(min=0.5, max=600, help="Average seconds between faults."),
    ] = GAP_SECONDS,
    as_json: AsJson = False,
    output: Output = None,
    disk_megabytes: Annotated[
        int | None,
        typer.Option(
            min=MEGABYTES_MIN,
            help="Mount a tmpfs of this size on the data folder, and fill it as a fault. Requires "
            "root. It hides the existing data until the end.",
            show_default="no small disk",
        ),
    ] = None,
    data: Data = None,
    port_base: PortBase = PORT_BASE,
    broker: Broker = BrokerKind.EMBEDDED,
) -> None:
    """Place orders while faults are injected, and check that no order is lost or duplicated.

    A running platform is restarted with fault proxies between its processes, and stopped at the
    end. The exit status is 1 when an order was lost, duplicated or oversold.
    """
    console = console_of(as_json=as_json)
    chosen = secrets.randbelow(1_000_000) if seed is None else seed
    console.print(f"Seed {chosen}. Repeat these faults with --seed {chosen} --orders {orders}.")
    with errors_reported():
        folder = data_folder(data)
        launcher.stop(folder)
        services = tree_root() / "services"
        plan = with_access(Plan.of(folder, services, port_base, broker=broker))
        with small_disk(folder, disk_megabytes) if disk_megabytes else nullcontext():
            result = uvloop.run(_run(plan, CampaignOptions.of(chosen, orders, gap), console))
        show_result(console, result)
    is_report = output is not None and output.suffix == ".md"
    give(result.to_json(), as_json=as_json, output=None if is_report else output)
    if output and is_report:
        written(output, lambda: write_report(output, result))
    raise typer.Exit(0 if result.is_ok else 1)


async def _run(plan: Plan, options: CampaignOptions, console: Console) -> Result:
    view = ConsoleView(console)
    view.say("Starting the platform with fault proxies ...")
    async with faulty_platform(plan) as faulty:
        with view.shown():
            return await run_campaign(faulty, options, view)
