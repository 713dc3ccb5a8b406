"""Options that several commands share."""

from typing import Annotated

import typer

Exit = Annotated[bool, typer.Option("--exit", help="Stop the platform if this started it.")]
PortBase = Annotated[
    int,
    typer.Option(envvar="WAYBILL_PORT_BASE", help="First port, if the platform has to be started."),
]
