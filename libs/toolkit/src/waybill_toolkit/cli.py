"""The command `waybill`. Each module has its commands in a `typer.Typer` named `app`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from waybill_toolkit.command_line.overview import is_asked_for, overview

if TYPE_CHECKING:
    import typer

GENERATE_ALL: Final = (["generate"], ["generate", "--check"])


def build() -> "typer.Typer":
    """Build the application. A command's module is imported when the command is called."""
    from waybill_toolkit.command_line.lazy_group import root  # noqa: PLC0415 - see main

    return root()


def main() -> None:
    """Run the command line.

    The exit status is 0 (success), 1 (failure), 2 (wrong usage) or, of `simulate`, 3 (not
    simulated). Two calls are answered before typer is imported, which takes several times as long.
    """
    if is_asked_for(sys.argv[1:]):
        print(overview())
        return
    if sys.argv[1:] in GENERATE_ALL and _is_up_to_date():
        return
    build()()


def _is_up_to_date() -> bool:
    from waybill_toolkit.contracts.repository import Repository  # noqa: PLC0415

    try:
        return Repository.around(Path.cwd()).is_up_to_date()
    except OSError:
        return False  # the command reports the fault
