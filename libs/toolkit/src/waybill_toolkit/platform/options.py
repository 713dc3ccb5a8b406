"""What the platform's commands have in common on their command line."""

from pathlib import Path
from typing import Annotated

import typer


def service_names(incomplete: str) -> list[str]:
    """Complete the name of a service in a shell: those of the tree that we are in."""
    apps = (tree_root() / "services").glob("*/src/*/app.py")
    return sorted(app.parent.name for app in apps if app.parent.name.startswith(incomplete))


ServiceName = Annotated[
    str, typer.Argument(metavar="SERVICE", help="Such as orders.", autocompletion=service_names)
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        envvar="WAYBILL_DATA",
        readable=False,  # what cannot be read is explained by us
        help="Where data, logs and passwords are kept. Default: .waybill at the root of the tree.",
        show_default=False,
    ),
]


def tree_root() -> Path:
    """Find the root of the source tree that we are in; the current folder when in none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "services").is_dir() and (folder / "contracts").is_dir():
            return folder
    return here


def data_folder(data: Path | None) -> Path:
    """Return the data folder to use, absolute, because a daemon's current folder is another."""
    return (data or tree_root() / ".waybill").absolute()
