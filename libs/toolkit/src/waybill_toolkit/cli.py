"""The command `waybill`. Each module brings its commands in a `typer.Typer` named `app`."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import typer

COMMANDS: Final = {
    "generate": "waybill_toolkit.contracts.generate.commands",
    "contracts": "waybill_toolkit.contracts.commands",
    "sdk": "waybill_toolkit.contracts.sdk.commands",
    "new": "waybill_toolkit.new.commands",
    "docs": "waybill_toolkit.site.commands",
    "conformance": "waybill_toolkit.lab.conformance.commands",
    "fuzz": "waybill_toolkit.lab.conformance.commands",
    "mock": "waybill_toolkit.contracts.mock.commands",
    "up": "waybill_toolkit.platform.commands",
    "down": "waybill_toolkit.platform.commands",
    "status": "waybill_toolkit.platform.commands",
    "logs": "waybill_toolkit.platform.commands",
    "demo": "waybill_toolkit.operations.workload.commands",
    "replay": "waybill_toolkit.operations.workload.commands",
    "audit": "waybill_toolkit.operations.workload.commands",
    "bench": "waybill_toolkit.lab.bench.commands",
    "soak": "waybill_toolkit.lab.soak.commands",
    "chaos": "waybill_toolkit.lab.chaos.commands",
    "dead-letters": "waybill_toolkit.operations.dead_letters.commands",
    "simulate": "waybill_simulation.commands",
}


GENERATE_ALL: Final = (["generate"], ["generate", "--check"])


def build(arguments: Sequence[str] = ()) -> "typer.Typer":
    """Put the commands together; when `arguments` name one, only its module is imported.

    Importing all of them takes as long as starting the broker.
    """
    import typer  # noqa: PLC0415 - see _is_up_to_date

    app = typer.Typer(
        name="waybill",
        help="Run, watch, check and change Waybill.",
        no_args_is_help=True,
        add_completion=False,
    )
    app.callback()(_root)
    wanted = COMMANDS.get(arguments[0]) if arguments else None
    for name in dict.fromkeys([wanted] if wanted else COMMANDS.values()):
        if find_spec(name.partition(".")[0]) is not None:  # the simulation comes with the services
            app.add_typer(import_module(name).app)
    return app


def main() -> None:
    """Run the command line.

    The exit status is 0, 1 (said no), 2 (asked wrongly) or, of `simulate`, 3 (cannot tell).
    """
    if sys.argv[1:] in GENERATE_ALL and _is_up_to_date():
        return
    build(sys.argv[1:])()


def _is_up_to_date() -> bool:
    """Look before anything is imported: an unchanged run takes a third of the time so."""
    from waybill_toolkit.contracts.generate.repository import Repository  # noqa: PLC0415

    try:
        return Repository.around(Path.cwd()).is_up_to_date()
    except OSError:
        return False  # the command tells what is wrong


def _root() -> None:
    """Keep `waybill NAME` a command with a name, also while there is only one."""
