"""What the commands that put work through the platform have in common on their command line."""

from typing import Annotated

import typer

Exit = Annotated[bool, typer.Option("--exit", help="Stop the platform if this started it.")]
PortBase = Annotated[
    int,
    typer.Option(
        envvar="WAYBILL_PORT_BASE", help="Where its ports begin, if the platform has to be started."
    ),
]
