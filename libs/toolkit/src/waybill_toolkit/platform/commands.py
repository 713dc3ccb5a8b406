"""`waybill up`, `down`, `status`, `logs`."""

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.command_line.output import AsJson, OutputFile, give
from waybill_toolkit.platform import launcher
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.attached import AttachedPlatform
from waybill_toolkit.platform.broker_kind import BrokerKind, broker_of
from waybill_toolkit.platform.console import show_status
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.identity import AccessMode
from waybill_toolkit.platform.log_files import Follower, last_lines
from waybill_toolkit.platform.observe.programs import find_observers
from waybill_toolkit.platform.options import Data, RunBroker, data_folder
from waybill_toolkit.platform.plan import PORT_BASE, STOCK_DATABASES_MAX, Plan
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.platform.status import report
from waybill_toolkit.platform.telemetry import with_telemetry

app = typer.Typer()

_LOOK_SECONDS = 0.1

Detach = Annotated[bool, typer.Option("--detach", help="Return when everything is ready.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Wipe the data first.")]
PortBase = Annotated[
    int,
    typer.Option(
        envvar="WAYBILL_PORT_BASE",
        help="The gateway listens on it, services on the ports after it, PostgreSQL on +20, the "
        "broker on +21.",
    ),
]
Access = Annotated[
    AccessMode | None,
    typer.Option(
        help="Who may call: the bearers of tokens (`waybill token`), or everybody.",
        show_default="tokens",
    ),
]
Reload = Annotated[
    bool, typer.Option("--reload", help="Start a service again when its code changes.")
]
Services = Annotated[
    Path | None,
    typer.Option(
        help="The folder with the services. Default: services/ of the tree.", show_default=False
    ),
]
StockDatabases = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=STOCK_DATABASES_MAX,
        help="The databases over which the stock is divided by SKU; see docs/scale.md.",
        show_default="1",
    ),
]
Observe = Annotated[
    bool,
    typer.Option(
        "--observe",
        help="Also start Prometheus on +22, and dashboards on +23; see docs/telemetry.md.",
    ),
]
Service = Annotated[str | None, typer.Argument(help="Also: postgres, broker, prefork, platform.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Print new lines until Ctrl-C.")]
Lines = Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")]


@app.command()
def up(
    *,
    detach: Detach = False,
    fresh: Fresh = False,
    data: Data = None,
    reload: Reload = False,
    access: Access = None,
    port_base: PortBase = PORT_BASE,
    services: Services = None,
    broker: RunBroker = BrokerKind.EMBEDDED,
    stock_databases: StockDatabases = None,
    observe: Observe = False,
) -> None:
    """Start PostgreSQL, the broker and every service, and keep them running."""
    with explained():
        root = (services or tree_root() / "services").absolute()
        found = Plan.of(data_folder(data), root, port_base, broker=broker_of(broker))
        plan = replace(
            with_access(with_telemetry(found), access),
            stock_databases=stock_databases or 1,
            observers=find_observers(tree_root()) if observe else None,
        )
        AttachedPlatform(plan.reloading() if reload else plan, Console()).up(
            fresh=fresh, detach=detach
        )


@app.command()
def down(*, data: Data = None) -> None:
    """Stop everything gracefully; services first finish their requests and batches."""
    with explained():
        folder = data_folder(data)
        stopped = launcher.stop(folder)
        typer.echo(f"{'Stopped what ran' if stopped else 'Nothing was running'} on {folder}.")


@app.command()
def status(*, data: Data = None, as_json: AsJson = False, output: OutputFile = None) -> None:
    """Show every process. The exit status is 1 when nothing runs."""
    with explained():
        found = report(data_folder(data))
    give(found, as_json=as_json, output=output)
    if found["processes"] and not as_json:
        show_status(Console(), found)
    elif not as_json:
        typer.echo(f"Nothing runs on {found['data']}: start it with `waybill up`.")
    raise typer.Exit(0 if found["processes"] else 1)


@app.command()
def logs(
    service: Service = None, *, follow: Follow = False, lines: Lines = 100, data: Data = None
) -> None:
    """Print the end of the log of one process, or of all."""
    with explained():
        chosen = _logs(DataFolder(data_folder(data)), service)
        width = max(len(name) for name in chosen)
        prefixes = {name: "" if service else f"{name:{width}} | " for name in chosen}
        followers = {name: Follower(log, from_end=True) for name, log in chosen.items()}
        for name, log in chosen.items():
            _print(prefixes[name], last_lines(log, lines))
        with suppress(KeyboardInterrupt):
            while follow:
                for name, follower in followers.items():
                    _print(prefixes[name], follower.read())
                time.sleep(_LOOK_SECONDS)


def _logs(folder: DataFolder, service: str | None) -> dict[str, Path]:
    found = {log.stem: log for log in sorted(folder.logs.glob("*.log"))}
    if not found:
        raise PlatformError(f"There are no logs in {folder.path}: nothing has run there yet.")
    if service is None:
        return found
    if service not in found:
        raise PlatformError(f"There is no log of {service}; there is one of {', '.join(found)}.")
    return {service: found[service]}


def _print(prefix: str, lines: list[str]) -> None:
    for line in lines:
        typer.echo(f"{prefix}{line}")
