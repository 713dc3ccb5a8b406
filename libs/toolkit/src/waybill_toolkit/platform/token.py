"""`waybill token`."""

from typing import Annotated, Final

import httpx
import typer

from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.identity import IDENTITY, PEOPLE, SHOP, secret_of
from waybill_toolkit.platform.options import Data, data_folder

app = typer.Typer()

_SECONDS: Final = 10.0

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help=f"One of {', '.join(PEOPLE)}, {SHOP}.",
        autocompletion=lambda incomplete: [
            each for each in (*PEOPLE, SHOP) if each.startswith(incomplete)
        ],
    ),
]


@app.command()
def token(name: Name, *, data: Data = None) -> None:
    """Print an access token of a demo principal, which is valid for five minutes.

    alice and bob are customers, carol is a clerk, dave may do nothing, erin is a clerk who also
    administers users and clients; the service demo-shop has the scopes of all operations but
    those of identity.
    """
    with explained():
        platform = Platform.load(data_folder(data))
        typer.echo(fetch_token(platform, name))


def fetch_token(platform: Platform, name: str) -> str:
    """Return a new access token of a demo principal. Raises PlatformError."""
    identity = platform.addresses.get(IDENTITY)
    secret = secret_of(platform.folder, name)
    if identity is None or secret is None:
        raise PlatformError(f"There is no {name}: choose one of {', '.join((*PEOPLE, SHOP))}.")
    try:
        answer = _ask(identity, name, secret)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise PlatformError(f"identity gives no token: {error}.") from error
    found: str = answer.json()["access_token"]
    return found


def _ask(identity: str, name: str, secret: str) -> httpx.Response:
    if name == SHOP:
        grant = {"grant_type": "client_credentials"}
        return httpx.post(
            f"{identity}/oauth/token", data=grant, auth=(name, secret), timeout=_SECONDS
        )
    key = {"api_key": secret}
    return httpx.post(f"{identity}/v1/api-key-tokens", json=key, timeout=_SECONDS)
