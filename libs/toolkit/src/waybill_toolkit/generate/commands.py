"""`waybill generate`."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from waybill_toolkit.generate.faults import ContractError
from waybill_toolkit.generate.repository import Repository, stale

app = typer.Typer()

Services = Annotated[
    list[str] | None, typer.Argument(metavar="[SERVICE]...", help="All of them when none is named.")
]
Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when a file is stale.")]


@app.command()
def generate(services: Services = None, *, check: Check = False) -> None:
    """Write each service's contract package from contracts/."""
    try:
        repository = Repository.around(Path.cwd())
    except FileNotFoundError as error:
        _refuse(f"{error}; change into the repository.")
    if unknown := sorted(set(services or ()) - set(repository.packages)):
        _refuse(f"no contract for {', '.join(unknown)}; there is {', '.join(repository.packages)}.")
    try:
        files = repository.generate(services or repository.packages)
    except ContractError as error:
        for fault in error.faults:
            typer.echo(str(fault).removeprefix(f"{repository.root}/"), err=True)
        raise typer.Exit(1) from None
    changed = list(stale(files)) if check else repository.write(files)
    for path in changed:
        typer.echo(f"{'stale' if check else 'wrote'} {path.relative_to(repository.root)}")
    if check and changed:
        typer.echo("Run `waybill generate` and commit what it writes.", err=True)
        raise typer.Exit(1)


def _refuse(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
