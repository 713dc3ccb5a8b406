"""The command `waybill`: each module below brings commands in a `typer.Typer` named `app`."""

from importlib import import_module
from typing import Final

import typer

MODULES: Final = (
    "waybill_toolkit.generate.commands",  # generate
    "waybill_toolkit.platform.commands",  # up, down, status, logs
    "waybill_toolkit.work.commands",  # demo, replay, audit, bench
    "waybill_toolkit.repair.commands",  # dead-letters
)


def build() -> typer.Typer:
    """Put the commands of all modules together."""
    app = typer.Typer(
        name="waybill",
        help="Generate, run, replay, audit.",
        no_args_is_help=True,
        add_completion=False,
    )
    app.callback()(_root)
    for name in MODULES:
        try:
            module = import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                raise
            continue  # this part of the toolkit is not installed
        app.add_typer(module.app)
    return app


def main() -> None:
    """Run the command line. The exit status is 0, 1 (said no) or 2 (asked wrongly)."""
    build()()


def _root() -> None:
    """Keep `waybill NAME` a command with a name, also while there is only one."""
