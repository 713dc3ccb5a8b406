"""`waybill generate`."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.contracts.repository import Repository

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
    if not services:
        _refuse_orphans(repository)
    try:
        files = repository.generate(services or repository.packages)
        changed = repository.stale(files) if check else repository.write(files)
    except ContractError as error:
        for fault in error.faults:
            typer.echo(str(fault).removeprefix(f"{repository.root}/"), err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        where = str(error.filename or repository.root).removeprefix(f"{repository.root}/")
        typer.echo(f"{where}: {error.strerror}; nothing was changed.", err=True)
        raise typer.Exit(1) from None
    for path in changed:
        typer.echo(f"{'stale' if check else 'wrote'} {path.relative_to(repository.root)}")
    if check and changed:
        typer.echo("Run `waybill generate` and commit what it writes.", err=True)
        raise typer.Exit(1)


def _refuse_orphans(repository: Repository) -> None:
    for orphan in repository.orphans:
        missing = f"contracts/{orphan.parent.name}/openapi.yaml"
        where = orphan.relative_to(repository.root)
        typer.echo(f"{where}: there is no {missing}; write it, or remove this package.", err=True)
    if repository.orphans:
        raise typer.Exit(1)


def _refuse(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
