"""The overview of `waybill` without arguments."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from typer._click import Command
from typer.main import get_group
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.command_line.lazy_group import root
from waybill_toolkit.command_line.overview import COMMANDS, GROUPS, overview

PROBE = """
import contextlib, io, json, sys
sys.argv[1:] = {arguments}
from waybill_toolkit.cli import main
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    main()
print(json.dumps(sorted(sys.modules)))
"""
HEAVY = {"aiokafka", "asyncio", "asyncpg", "fastapi", "jinja2", "pydantic", "rich", "typer", "yaml"}


def _imported(*arguments: str) -> set[str]:
    finished = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(finished.stdout))


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_nothing_heavy_is_imported_for_the_overview(arguments: list[str]) -> None:
    imported = _imported(*arguments)
    assert imported & HEAVY == set()
    assert {name for name in imported if name.startswith("waybill")} == {
        "waybill_toolkit",
        "waybill_toolkit.cli",
        "waybill_toolkit.command_line",
        "waybill_toolkit.command_line.overview",
    }


def test_the_probe_sees_what_a_command_imports() -> None:
    imported = _imported("completion", "bash")
    assert "typer" in imported
    assert "waybill_toolkit.command_line.completion" in imported
    assert "waybill_toolkit.platform" not in imported


def test_every_command_is_in_the_overview_and_every_entry_is_a_command() -> None:
    modules = {entry.module for entry in COMMANDS.values()}
    found = {
        (module, name) for module in modules for name in get_group_of(module) if name is not None
    }
    assert found == {(entry.module, name) for name, entry in COMMANDS.items()}
    text = overview()
    for group, commands in GROUPS.items():
        assert f"\n{group}:\n" in text
        assert all(f"\n  {name} " in text for name in commands)


def get_group_of(module: str) -> list[str | None]:
    app = import_module(module).app
    names = [group.name for group in app.registered_groups]
    callbacks = [(each.name, each.callback) for each in app.registered_commands]
    return names + [name or call.__name__.rstrip("_") for name, call in callbacks if call]


def test_a_new_command_without_an_entry_would_be_noticed() -> None:
    assert get_group_of("waybill_toolkit.operations.workload.commands") == [
        "demo",
        "audit",
    ]


@pytest.mark.parametrize("command", ["", "up", "contracts", "contracts lint", "dead-letters list"])
def test_h_is_help_everywhere(command: str) -> None:
    short, long = (
        CliRunner().invoke(build(), [*command.split(), option]) for option in ("-h", "--help")
    )
    assert short.exit_code == 0
    assert "Usage: waybill" in short.stdout.replace("root", "waybill")
    assert short.stdout == long.stdout


def test_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(build(), ["--version"])
    assert result.exit_code == 0
    assert result.stdout.startswith("waybill 0.")


def test_the_overview_is_the_same_when_typer_prints_it() -> None:
    assert CliRunner().invoke(build(), ["--help"]).stdout.strip() == overview()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("upp", "No such command 'upp'. Did you mean 'up'? See `waybill --help`."),
        ("xyzzy", "No such command 'xyzzy'. See `waybill --help`."),
        ("contracts lnt", "Did you mean 'lint'? See `waybill contracts --help`."),
        ("up --dta x", "Did you mean --data or --detach? See `waybill up --help`."),
        ("up -x", "No such option: -x. See `waybill up --help`."),
        ("logs --lines many", "See `waybill logs --help`."),
        ("import orders", "Missing argument 'file'. See `waybill import orders --help`."),
        ("replay x.csv", "`waybill replay` is now `waybill import orders`. See `waybill --help`."),
        ("completion tcsh", "'tcsh' is not one of 'bash', 'zsh', 'fish'."),
    ],
)
def test_invalid_command_line_is_answered_in_one_line(arguments: str, sentence: str) -> None:
    result = CliRunner().invoke(build(), arguments.split(), prog_name="waybill")
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


def test_a_group_without_a_command_shows_its_help() -> None:
    result = CliRunner().invoke(build(), ["contracts"])
    assert result.exit_code == 2
    assert "lint" in result.output


def test_the_group_looks_like_a_mapping_of_all_commands() -> None:
    commands = get_group(root()).commands
    assert list(commands) == list(COMMANDS)
    assert len(commands) == len(COMMANDS)
    assert "xyzzy" not in commands


def _leaves(command: Command, path: str = "") -> Iterator[tuple[str, Command]]:
    commands = getattr(command, "commands", None)
    if commands is None:
        yield path, command
        return
    for name, each in commands.items():
        yield from _leaves(each, f"{path} {name}".strip())


def _options(command: Command) -> dict[str, Any]:
    return {name: parameter for parameter in command.params for name in parameter.opts}


STREAMS = {"events", "env"}
"""Their output is a stream of JSON lines or for a shell; `>` writes it to a file."""
FOLDERS = {"sdk", "secrets"}
"""Their output is a folder of files."""


def test_json_is_printed_and_output_is_written_by_every_command_that_has_a_result() -> None:
    leaves = {path: _options(command) for path, command in _leaves(get_group(root()))}
    with_json = {path for path, options in leaves.items() if "--json" in options}
    assert with_json >= {"status", "audit", "demo", "bench", "simulate", "contracts diff"}
    for path in with_json:
        assert leaves[path]["--json"].is_flag, path
    assert {path for path, options in leaves.items() if "--output" in options} == (
        with_json - STREAMS | FOLDERS
    )
    assert not any("--report" in options for options in leaves.values())
