"""`waybill mock`."""

import errno
import socket
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from pydantic import ValidationError

from waybill.http.access import Access
from waybill_toolkit.contracts.generate.faults import ContractError
from waybill_toolkit.contracts.generate.repository import Repository
from waybill_toolkit.contracts.mock.access import ANY, access_of
from waybill_toolkit.contracts.mock.service import mock_of
from waybill_toolkit.contracts.mock.serving import serve

app = typer.Typer()

PORT: Final = 7460
"""Out of the way of the local platform, which has 7400 to 7421."""

LOOPBACK: Final = "127.0.0.1"

Service = Annotated[str, typer.Argument(help="Or gateway: all services at one address.")]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="0 takes one that is free.")]
Who = Annotated[
    str,
    typer.Option(
        "--access",
        help="any-token: a bearer token is needed where the contract asks for one, and any will "
        "do. open: nobody is asked. Else the path of a token file, as services take it.",
    ),
]


@app.command()
def mock(service: Service, *, port: Port = PORT, access: Who = ANY) -> None:
    """Serve a contract from its examples, and check what it is sent as the service would.

    A request that fits gets the first example of its success. It can ask for another answer that
    the contract declares: `Prefer: code=404`, or by the name of an example or a problem,
    `Prefer: example=unknown-sku`.
    """
    try:
        repository = Repository.around(Path.cwd())
    except FileNotFoundError as error:
        _end(f"{error}; change into the repository.", 2)
    if service not in repository.packages:
        _end(f"no contract for {service}; there is {', '.join(repository.packages)}.", 2)
    asked = _access(access)
    with _listen(port) as listener:  # before anything that takes time
        try:
            made = mock_of(repository, service, asked)
        except ContractError as error:
            told = (str(fault).removeprefix(f"{repository.root}/") for fault in error.faults)
            _end("\n".join(told), 1)
        address = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        typer.echo(f"{service}, from its examples: {address} (Swagger UI: {address}/docs)")
        serve(made, listener)


def _access(told: str) -> Access:
    try:
        return access_of(told)
    except OSError as error:
        _end(f"--access {told}: {error.strerror}; give any-token, open or a token file.", 2)
    except ValidationError as error:
        _end(f"--access {told}: this is no token file: {error.errors()[0]['msg']}.", 2)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be had: {error.strerror}"
        _end(f"Port {port} {why}; choose another one with --port, or 0 for any that is free.", 1)


def _end(message: str, status: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(status)
