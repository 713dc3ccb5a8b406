"""`waybill backup` and `restore`."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from waybill.clock import SystemClock
from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.command_line.output import AsJson, OutputFile, console_of, give
from waybill_toolkit.operations.backups.backup import back_up
from waybill_toolkit.operations.backups.backup import restore as restore_backup
from waybill_toolkit.operations.workload.session import databases_in, databases_of
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.options import Data, data_folder

app = typer.Typer()

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the backup.")]
_ADDRESSES = "A folder with the addresses of databases, each in a file with the name of its service"


@app.command()
def backup(
    folder: Folder,
    *,
    databases: Annotated[
        Path | None, typer.Option(help=f"{_ADDRESSES}, instead of the running platform.")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
    output: OutputFile = None,
) -> None:
    """Write all databases at one moment into a new folder, while everything runs."""
    with explained():
        addresses = (
            databases_in(databases) if databases else databases_of(Platform.load(data_folder(data)))
        )
        contents = asyncio.run(back_up(addresses, folder, SystemClock().now()))
    _show(contents, f"{folder} has the databases of", as_json=as_json, output=output)


@app.command()
def restore(
    folder: Folder,
    *,
    databases: Annotated[Path, typer.Option(help=f"{_ADDRESSES}. The databases are empty.")],
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="A newer backup, whose keys of people are restored: who was erased stays erased.",
        ),
    ] = None,
    as_json: AsJson = False,
    output: OutputFile = None,
) -> None:
    """Restore a backup into new databases, before the services start with an empty broker."""
    with explained():
        contents = asyncio.run(restore_backup(folder, databases_in(databases), keys))
    _show(contents, "Restored the databases of", as_json=as_json, output=output)


def _show(contents: dict[str, Any], what: str, *, as_json: bool, output: Path | None) -> None:
    give(contents, as_json=as_json, output=output)
    console: Console = console_of(as_json=as_json)
    names = ", ".join(contents["databases"])
    console.print(f"{what} {names}, as of {contents['taken_at']}.", soft_wrap=True)
