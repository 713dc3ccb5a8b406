"""`waybill secrets`."""

from pathlib import Path
from typing import Annotated, Final

import typer

from waybill.clock import SystemClock
from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.operations.install_secrets.files import Hosts, SecretsFolder
from waybill_toolkit.operations.install_secrets.kubernetes import manifests
from waybill_toolkit.operations.install_secrets.services import Services
from waybill_toolkit.platform.source_tree import tree_root

app = typer.Typer()

MANIFESTS: Final = "secrets.yaml"
_HOSTS: Final = Hosts()


@app.command()
def secrets(
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The folder for the files. Default: deploy/secrets in the tree, for"
            " deploy/compose.yaml.",
        ),
    ] = None,
    postgres: Annotated[
        list[str] | None,
        typer.Option(help="A host name of PostgreSQL, for its certificate; may be repeated."),
    ] = None,
    kafka: Annotated[
        list[str] | None, typer.Option(help="A host name of Kafka; may be repeated.")
    ] = None,
    kubernetes: Annotated[
        str | None,
        typer.Option(
            metavar="PREFIX",
            help=f"Also write {MANIFESTS} with Secrets, whose names begin so: `waybill`.",
        ),
    ] = None,
) -> None:
    """Make passwords, keys and certificates for an installation of one's own.

    Services connect to the first host names. What exists in the folder is kept, so another run adds
    what a new service needs, and renews certificates that expire within two months.
    """
    with explained():
        folder = output or tree_root() / "deploy" / "secrets"
        hosts = Hosts(tuple(postgres or _HOSTS.postgres), tuple(kafka or _HOSTS.kafka))
        SecretsFolder(folder, SystemClock().now()).write(Services.around(Path.cwd()), hosts)
        if kubernetes:
            (folder / MANIFESTS).write_text(manifests(folder, kubernetes), encoding="ascii")
    typer.echo(f"The secrets are in {folder}; an administrator's token is in {folder / 'token'}.")
