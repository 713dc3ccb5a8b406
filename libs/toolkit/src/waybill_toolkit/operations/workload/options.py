"""What the commands that put work through the platform have in common on their command line."""

from pathlib import Path
from typing import Annotated

import typer


def writable(path: Path | None) -> Path | None:
    """Refuse before the work what would fail after it."""
    if path and not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}")
    return path


JsonFile = Annotated[
    Path | None,
    typer.Option(
        "--json", help="Write the figures there.", dir_okay=False, writable=True, callback=writable
    ),
]
Exit = Annotated[bool, typer.Option("--exit", help="Stop the platform if this started it.")]
PortBase = Annotated[
    int,
    typer.Option(
        envvar="WAYBILL_PORT_BASE", help="Where its ports begin, if the platform has to be started."
    ),
]
