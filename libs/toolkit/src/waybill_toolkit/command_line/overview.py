"""The commands, their modules, and the overview that `waybill` without arguments prints.

It imports only a few small modules of the standard library, so the overview appears immediately.
"""

import os
import shutil
import textwrap
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

ABOUT: Final = "Run, watch, check and change Waybill."

_WIDTH_MAX: Final = 100
_NAME_WIDTH: Final = 14


@dataclass(frozen=True, slots=True)
class Entry:
    """One command. `summary` is its line in the overview."""

    module: str
    """The module whose `app`, a `typer.Typer`, has the command."""
    summary: str

    @property
    def is_installed(self) -> bool:
        """Whether its package is installed: the simulation is installed with the services."""
        return find_spec(self.module.partition(".")[0]) is not None


GROUPS: Final = {
    "Run": {
        "up": Entry(
            "waybill_toolkit.platform.commands",
            "Start PostgreSQL, the broker and every service, and keep them running.",
        ),
        "down": Entry("waybill_toolkit.platform.commands", "Stop everything, in order."),
        "upgrade": Entry(
            "waybill_toolkit.platform.upgrade_command",
            "Go on with the code on disk, without a failed request.",
        ),
        "run": Entry(
            "waybill_toolkit.platform.foreground",
            "Run one service in this terminal, in place of the platform's.",
        ),
        "env": Entry(
            "waybill_toolkit.platform.environment",
            "Print the environment in which a service is started.",
        ),
        "token": Entry(
            "waybill_toolkit.platform.token", "Print an access token of a demo principal."
        ),
        "demo": Entry(
            "waybill_toolkit.operations.workload.commands",
            "Seed a shop, place orders, show the results, audit.",
        ),
        "secrets": Entry(
            "waybill_toolkit.operations.install_secrets.commands",
            "Make the passwords, keys and certificates of an installation.",
        ),
        "import": Entry(
            "waybill_toolkit.operations.order_import.commands",
            "Place the orders of a CSV file, each of them once.",
        ),
    },
    "Look": {
        "status": Entry("waybill_toolkit.platform.commands", "Show every process."),
        "logs": Entry("waybill_toolkit.platform.commands", "Print or follow the logs."),
        "events": Entry(
            "waybill_toolkit.operations.events.commands",
            "Print or follow the events that are published.",
        ),
        "traces": Entry(
            "waybill_toolkit.operations.traces.commands",
            "Receive traces, and keep them in a file.",
        ),
        "trace": Entry(
            "waybill_toolkit.operations.traces.commands",
            "Draw the trace of one order: what each service did, and when.",
        ),
        "topics": Entry(
            "waybill_toolkit.operations.topics.commands",
            "Compare the topics of the contracts with a Kafka cluster, and create them.",
        ),
        "psql": Entry("waybill_toolkit.platform.psql", "Open psql on the database of a service."),
        "docs": Entry("waybill_toolkit.site.commands", "Serve the documentation on this machine."),
    },
    "Repair": {
        "audit": Entry(
            "waybill_toolkit.operations.workload.commands",
            "Check the invariants over all databases.",
        ),
        "backup": Entry(
            "waybill_toolkit.operations.backups.commands",
            "Write all databases at one moment, while everything runs.",
        ),
        "restore": Entry(
            "waybill_toolkit.operations.backups.commands", "Restore them into new databases."
        ),
        "dead-letters": Entry(
            "waybill_toolkit.operations.dead_letters.commands",
            "List, show, retry or discard events that failed.",
        ),
        "person": Entry(
            "waybill_toolkit.operations.people.commands",
            "Export or erase the data of a person.",
        ),
    },
    "Contracts": {
        "new": Entry("waybill_toolkit.new.commands", "Write a new service that runs."),
        "generate": Entry(
            "waybill_toolkit.contracts.generate_command",
            "Write each service's code from its contract.",
        ),
        "contracts": Entry(
            "waybill_toolkit.contracts.commands", "Lint the contracts; find breaking changes."
        ),
        "guards": Entry(
            "waybill_toolkit.contracts.guards.commands",
            "Show what the gateway requires of a request for each operation.",
        ),
        "mock": Entry(
            "waybill_toolkit.contracts.mock.commands",
            "Serve a contract from its examples, without a service.",
        ),
        "sdk": Entry(
            "waybill_toolkit.contracts.sdk.commands", "Write a client package for the public API."
        ),
    },
    "Prove": {
        "simulate": Entry(
            "waybill_simulation.commands", "Run histories with faults in virtual time, from seeds."
        ),
        "conformance": Entry(
            "waybill_toolkit.lab.conformance.commands",
            "Test running services against their contracts.",
        ),
        "fuzz": Entry(
            "waybill_toolkit.lab.conformance.commands", "The same for long, with random requests."
        ),
        "chaos": Entry(
            "waybill_toolkit.lab.chaos.commands",
            "Inject faults while orders are placed, and audit.",
        ),
        "bench": Entry(
            "waybill_toolkit.lab.bench.commands", "Measure confirmed orders per second."
        ),
        "soak": Entry(
            "waybill_toolkit.lab.soak.commands", "Check that nothing grows under a steady load."
        ),
    },
    "Shell": {
        "completion": Entry(
            "waybill_toolkit.command_line.completion",
            "Print what makes bash, zsh or fish complete `waybill`.",
        ),
    },
}

FORMER: Final = {"replay": "import orders"}
"""Commands that have another name now."""

COMMANDS: Final = {name: entry for group in GROUPS.values() for name, entry in group.items()}


def overview() -> str:
    """Return the output of `waybill` and `waybill --help`."""
    width = min(_WIDTH_MAX, shutil.get_terminal_size().columns)
    lines = ["Usage: waybill COMMAND [OPTIONS]", "", ABOUT]
    for group, commands in GROUPS.items():
        installed = {name: entry for name, entry in commands.items() if entry.is_installed}
        lines += ["", f"{group}:"] if installed else []
        for name, entry in installed.items():
            start = f"  {name:{_NAME_WIDTH}}"
            lines += textwrap.wrap(
                entry.summary, width, initial_indent=start, subsequent_indent=" " * len(start)
            )
    lines += ["", "`waybill COMMAND --help`, or -h, describes a command; --version is the version."]
    return "\n".join(lines)


def is_asked_for(arguments: list[str]) -> bool:
    """Whether the command line requests the overview, and is not being completed by a shell."""
    return arguments in ([], ["-h"], ["--help"]) and COMPLETE_VARIABLE not in os.environ


COMPLETE_VARIABLE: Final = "_WAYBILL_COMPLETE"
"""Set by the shell's completion function; typer answers it."""
