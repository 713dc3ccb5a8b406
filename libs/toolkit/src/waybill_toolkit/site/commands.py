"""`waybill docs`."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.site.build import SiteError, build_site
from waybill_toolkit.site.diagrams import DiagramError
from waybill_toolkit.site.facts import UnknownMarkerError
from waybill_toolkit.site.serve import server_of

app = typer.Typer()

Build = Annotated[
    Path | None,
    typer.Option("--build", metavar="DIR", help="Only write the site to this folder."),
]
Port = Annotated[int, typer.Option(help="The port to serve it on; 0 selects a free port.")]


@app.command()
def docs(build: Build = None, port: Port = 7499) -> None:
    """Build the documentation as a site, and serve it until Ctrl-C."""
    try:
        repository = Repository.around(Path.cwd())
    except FileNotFoundError as error:
        _refuse(f"{error}; change into the repository.")
    folder = build or repository.root / ".waybill" / "docs"
    try:
        count = build_site(repository, folder)
    except ContractError as error:
        for fault in error.faults:
            typer.echo(str(fault).removeprefix(f"{repository.root}/"), err=True)
        raise typer.Exit(1) from None
    except (SiteError, DiagramError, UnknownMarkerError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{count} pages in {folder}")
    if build is None:
        _serve(folder, port)


def _serve(folder: Path, port: int) -> None:
    try:
        server = server_of(folder, port)
    except OSError as error:
        _refuse(f"port {port}: {error.strerror}; name another with --port.")
    typer.echo(f"http://127.0.0.1:{server.server_port}/ until Ctrl-C")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


def _refuse(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
