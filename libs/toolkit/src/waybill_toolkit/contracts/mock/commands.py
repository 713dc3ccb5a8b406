"""`waybill mock`."""

import errno
import socket
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from pydantic import ValidationError

from waybill.http.access import Access
from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.contracts.mock.access import ANY, access_of
from waybill_toolkit.contracts.mock.service import mock_of
from waybill_toolkit.contracts.mock.serving import serve
from waybill_toolkit.contracts.repository import Repository

app = typer.Typer()

PORT: Final = 7460
"""Outside of the ports of the local platform, 7400 to 7421."""

LOOPBACK: Final = "127.0.0.1"

Service = Annotated[str, typer.Argument(help="A service, or gateway for all services.")]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="0 selects a free port.")]
Who = Annotated[
    str,
    typer.Option(
        "--access",
        help="any-token: a bearer token is required where the contract requires one, and any token "
        "is valid. open: no token is required. Otherwise the path of a token file.",
    ),
]


@app.command()
def mock(service: Service, *, port: Port = PORT, access: Who = ANY) -> None:
    """Serve a contract with its examples, and validate requests as the service would.

    A valid request gets the first example of its success response. Use the Prefer header to select
    another declared response: `Prefer: code=404`, or the name of an example or a problem,
    `Prefer: example=unknown-sku`.
    """
    try:
        repository = Repository.around(Path.cwd())
    except FileNotFoundError as error:
        _end(f"{error}; change into the repository.", 2)
    if service not in repository.packages:
        _end(f"no contract for {service}; choose one of {', '.join(repository.packages)}.", 2)
    asked = _access(access)
    with _listen(port) as listener:  # first, because it fails fast
        try:
            made = mock_of(repository, service, asked)
        except ContractError as error:
            faults = (str(fault).removeprefix(f"{repository.root}/") for fault in error.faults)
            _end("\n".join(faults), 1)
        address = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        typer.echo(f"{service}, with its examples: {address} (Swagger UI: {address}/docs)")
        serve(made, listener)


def _access(value: str) -> Access:
    try:
        return access_of(value)
    except OSError as error:
        _end(f"--access {value}: {error.strerror}; use any-token, open or a token file.", 2)
    except ValidationError as error:
        _end(f"--access {value}: this is not a token file: {error.errors()[0]['msg']}.", 2)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        reason = (
            "is in use" if error.errno == errno.EADDRINUSE else f"is unavailable: {error.strerror}"
        )
        _end(f"Port {port} {reason}; choose another one with --port, or 0 for a free one.", 1)


def _end(message: str, status: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(status)
