"""Machine-readable results: `--json` prints the result, `--output` writes it to a file.

With --json there is nothing but the JSON on stdout: progress, tables and notes go to stderr.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from waybill_toolkit.command_line.errors import CommandError
from waybill_toolkit.command_line.explained import explained


def in_a_folder(path: Path | None) -> Path | None:
    """Refuse a file that cannot be written, before the work."""
    if path and not path.parent.is_dir():
        raise typer.BadParameter(f"no such folder: {path.parent}")
    return path


AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON; all else goes to stderr.")
]
OutputFile = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the result to this file, as JSON.",
        dir_okay=False,
        writable=True,
        callback=in_a_folder,
    ),
]


def console_of(*, as_json: bool) -> Console:
    """Return the console for human-readable output: stderr when stdout has the JSON."""
    return Console(stderr=as_json)


def give(document: object, *, as_json: bool, output: Path | None) -> None:
    """Print and write a result, as requested. Ends the command when it cannot be written."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if output:
        written(output, lambda: output.write_text(f"{text}\n", "utf-8"))
    if as_json:
        typer.echo(text)


def written(output: Path, write: Callable[[], object]) -> None:
    """Write a file; end the command with one sentence when that fails."""
    with explained():
        try:
            write()
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error


def keep(output: Path | None) -> Callable[[Mapping[str, Any]], None]:
    """Return a function that writes an intermediate result."""
    return lambda document: give(document, as_json=False, output=output)
