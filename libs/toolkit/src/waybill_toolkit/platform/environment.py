"""`waybill env`, and the settings of a service in the forms that shells and editors read."""

import json
import shlex
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

import typer

from waybill_toolkit.command_line.explained import explained
from waybill_toolkit.platform.broker_users import READER
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.options import Data, ServiceName, data_folder

app = typer.Typer()

BROKER: Final = "broker"


class Form(StrEnum):
    """The output format of the variables."""

    EXPORT = "export"
    """For a shell: `eval "$(waybill env orders)"`."""
    DOTENV = "dotenv"
    """For a file that an editor or another tool reads."""
    JSON = "json"


@app.command()
def env(
    service: ServiceName,
    *,
    form: Annotated[
        Form, typer.Option("--format", help="export for a shell, dotenv for a file that is read.")
    ] = Form.EXPORT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    data: Data = None,
) -> None:
    """Print the environment of a service of the running platform, or of `broker`.

    With it the service can be started by hand or in an editor. Its port is that of the platform's
    own process. To run another process, set WAYBILL_PORT to another port or use `waybill run`.

    That of `broker` is for other Kafka clients, such as kcat: with it they can read every topic.
    """
    with explained():
        platform = Platform.load(data_folder(data))
        if service == BROKER:
            variables = _of_reader(platform)
        else:
            variables = platform.variables(platform.known(service))
    typer.echo(written(variables, Form.JSON if as_json else form))
    if "WAYBILL_DATABASE_URL" in variables:
        typer.echo("This holds the password of the service's database on this machine.", err=True)


def _of_reader(platform: Platform) -> dict[str, str]:
    security = platform.broker_security(READER)
    return {
        "WAYBILL_KAFKA_BOOTSTRAP_SERVERS": platform.bootstrap_servers,
        "WAYBILL_KAFKA_SECURITY_PROTOCOL": security.protocol,
        "WAYBILL_KAFKA_SASL_MECHANISM": security.mechanism,
        "WAYBILL_KAFKA_SASL_USERNAME": security.username,
        "WAYBILL_KAFKA_SASL_PASSWORD": security.password,
    }


def written(variables: Mapping[str, str], form: Form) -> str:
    """Format the variables, one on each line or as one JSON object."""
    if form is Form.JSON:
        return json.dumps(variables, indent=2)
    start = "export " if form is Form.EXPORT else ""
    return "\n".join(f"{start}{name}={shlex.quote(value)}" for name, value in variables.items())
