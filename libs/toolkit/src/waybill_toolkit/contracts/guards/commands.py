"""`waybill guards`."""

import os
from pathlib import Path

import typer
from rich.table import Table

from waybill_toolkit.command_line.errors import CommandError
from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.command_line.output import AsJson, OutputFile, console_of, give
from waybill_toolkit.command_line.tables import print_table
from waybill_toolkit.contracts.generate.names import GATEWAY
from waybill_toolkit.contracts.guards.table import (
    COLUMNS,
    cells,
    guards_of,
    settings_of_environment,
)
from waybill_toolkit.contracts.repository import Repository

app = typer.Typer()


@app.command()
def guards(*, as_json: AsJson = False, output: OutputFile = None) -> None:
    """Show what the gateway requires of a request for each operation.

    The table is made of the contracts and of the gateway's settings in this environment. For those
    of the running platform: eval "$(waybill env gateway)".
    """
    with explained():
        repository = _repository()
        rows = guards_of(repository, settings_of_environment(repository))
    give(rows, as_json=as_json, output=output)
    table = Table(*COLUMNS, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*cells(row))
    print_table(console_of(as_json=as_json), table)
    if not os.environ.get("WAYBILL_ACCESS"):
        typer.echo(
            "WAYBILL_ACCESS is not set here; the table is that of a gateway with tokens.", err=True
        )
    elif os.environ["WAYBILL_ACCESS"] == "open":
        typer.echo("WAYBILL_ACCESS is open: tokens, scopes and owners are not enforced.", err=True)


def _repository() -> Repository:
    try:
        repository = Repository.around(Path.cwd())
    except FileNotFoundError as error:
        raise CommandError(f"{error}; change into the repository.") from None
    if GATEWAY not in repository.packages:
        raise CommandError("There is no gateway here.")
    return repository
