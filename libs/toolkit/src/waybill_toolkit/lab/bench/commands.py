"""`waybill bench`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console

from waybill_toolkit.command_line.output import (
    AsJson,
    OutputFile,
    console_of,
    give,
    in_a_folder,
    keep,
)
from waybill_toolkit.lab.bench import plain, show
from waybill_toolkit.lab.bench.comparing import compare, not_compared, other_conditions
from waybill_toolkit.lab.bench.run import FORMAT, UnknownCaseError, measure
from waybill_toolkit.lab.bench.scenario import Options, Scenario, medians
from waybill_toolkit.lab.bench.scenarios import SCENARIOS
from waybill_toolkit.operations.workload.options import Exit
from waybill_toolkit.operations.workload.session import errors_reported, running_platform
from waybill_toolkit.platform.options import Data, data_folder
from waybill_toolkit.platform.plan import PORT_BASE

app = typer.Typer()

_NAMES = [scenario.name for scenario in SCENARIOS]


def _known(names: list[str] | None) -> list[str]:
    unknown = [name for name in names or () if name not in _NAMES]
    if unknown:
        raise typer.BadParameter(f"unknown scenario {unknown[0]}; choose from {', '.join(_NAMES)}")
    return names or []


def _result(path: Path | None) -> Path | None:
    """Validate a result of an earlier run, before hours of measurements."""
    if path:
        try:
            format_ = json.loads(path.read_text("utf-8"))["format"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise typer.BadParameter(f"{path} is not a result of a scenario: {error}") from error
        if format_ != FORMAT:
            raise typer.BadParameter(f"{path} has format {format_}; this version writes {FORMAT}")
    return path


Scenarios = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SCENARIO",
        help=f"{', '.join(_NAMES)}. Default: a closed loop on the running platform.",
        callback=_known,
        show_default=False,
    ),
]
Compare = Annotated[
    Path | None,
    typer.Option("--compare", help="Report the changes since this result.", callback=_result),
]
PlotFile = Annotated[
    Path | None,
    typer.Option(help="Draw latency over rate there (SVG); of open-loop.", callback=in_a_folder),
]
Only = Annotated[str, typer.Option(help="Measure the cases with this text in their names.")]
Rounds = Annotated[int, typer.Option(min=1, max=100, help="Number of measurements of each case.")]
Clients = Annotated[
    int | None,
    typer.Option(min=1, max=256, help="Number of concurrent clients.", show_default="32"),
]
Seconds = Annotated[
    float | None,
    typer.Option(min=0.5, max=3600, help="Seconds of each round.", show_default="20 or 10"),
]
Orders = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Maximum number of orders of growth; number of events of the events scenario.",
        show_default="1000000; 50000",
    ),
]
PortBase = Annotated[
    int | None,
    typer.Option(envvar="WAYBILL_PORT_BASE", help="First port, if a platform has to be started."),
]


@app.command()
def bench(
    scenarios: Scenarios = None,
    *,
    clients: Clients = None,
    seconds: Seconds = None,
    rounds: Rounds = 3,
    orders: Orders = None,
    only: Only = "",
    compare_with: Compare = None,
    plot: PlotFile = None,
    exit_: Exit = False,
    as_json: AsJson = False,
    output: OutputFile = None,
    data: Data = None,
    port_base: PortBase = None,
) -> None:
    """Measure confirmed orders per second in a closed loop, or run scenarios.

    A scenario starts a new platform of its own, unless --data names one.
    """
    console = console_of(as_json=as_json)
    if not scenarios:
        if compare_with or plot or only:
            raise typer.BadParameter("--compare, --plot and --only need a scenario")
        folder, base = data_folder(data), port_base or PORT_BASE
        figures = _bench_plainly(folder, base, clients, seconds, console, stop=exit_)
        give(figures, as_json=as_json, output=output)
        raise typer.Exit(1 if figures["unconfirmed"] else 0)
    if plot and "open-loop" not in scenarios:
        raise typer.BadParameter("--plot needs the scenario open-loop")
    options = Options(
        console=console,
        rounds=rounds,
        seconds=seconds,
        clients=clients,
        orders=orders,
        data=data_folder(data) if data else None,
        port_base=port_base,
        stop=exit_,
        plot=plot,
    )
    result = _bench(_chosen(scenarios), options, only, output)
    give(result, as_json=as_json, output=None)  # it was written after each scenario
    if compare_with:
        _compare(options.console, json.loads(compare_with.read_text("utf-8")), result)


def _chosen(names: list[str]) -> list[Scenario]:
    return [scenario for scenario in SCENARIOS if scenario.name in names]


def _bench(
    scenarios: list[Scenario], options: Options, only: str, output: Path | None
) -> dict[str, Any]:
    with errors_reported():
        try:
            return measure(scenarios, options, only=only, keep=keep(output))
        except UnknownCaseError as error:
            raise typer.BadParameter(str(error)) from error


def _compare(console: Console, old: dict[str, Any], new: dict[str, Any]) -> None:
    for condition in other_conditions(old, new):
        console.print(f"The conditions differ: {condition}.", highlight=False)
    rounds = min(each["conditions"]["rounds"] for each in (old, new))
    show.show_differences(console, list(compare(old, new)), not_compared(old, new), rounds)


def _bench_plainly(
    folder: Path,
    port_base: int,
    clients: int | None,
    seconds: float | None,
    console: Console,
    *,
    stop: bool,
) -> dict[str, Any]:
    clients, seconds = clients or plain.CLIENTS, seconds or plain.SECONDS
    with errors_reported(), running_platform(folder, port_base, console, stop=stop) as platform:
        measured = uvloop.run(plain.measure_plainly(platform, clients=clients, seconds=seconds))
    title = f"One line an order, {clients} clients, {seconds:g} s"
    show.show_figures(console, title, medians([measured]))
    return plain.to_json(measured, clients, seconds)
