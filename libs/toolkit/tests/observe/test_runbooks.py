"""Every alert has a runbook that ends in commands, and they exist."""

import re
import shlex
from collections.abc import Iterator
from typing import Final

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from waybill_toolkit.cli import build

from .reading import ROOT, alerts

PAGE: Final = (ROOT / "docs" / "runbooks.md").read_text()
_SECTION: Final = re.compile(r"^## (Waybill\w+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_COMMANDS: Final = re.compile(r"```console\n((?:\$ .+\n)+)```\n*\Z")
SECTIONS: Final = dict(_SECTION.findall(PAGE))


def commands(section: str) -> list[str]:
    """Return the commands at the end of a section."""
    found = _COMMANDS.search(section)
    return [each.removeprefix("$ ") for each in found[1].splitlines()] if found else []


def faults(section: str) -> Iterator[str]:
    """Yield what is wrong with the commands of a runbook."""
    command = get_command(build())
    assert isinstance(command, TyperGroup)
    if not commands(section):
        yield "it does not end in commands"
    for each in commands(section):
        program, name, *_ = [*shlex.split(each), ""]
        if program not in ("waybill", "kubectl"):
            yield f"{program} is no program of a runbook"
        elif program == "waybill" and name not in command.commands:
            yield f"there is no command waybill {name}"


def test_every_alert_has_a_section_and_every_section_an_alert() -> None:
    assert {*SECTIONS} == {each["alert"] for each in alerts()}


@pytest.mark.parametrize("name", SECTIONS)
def test_a_runbook_ends_in_commands_that_exist(name: str) -> None:
    assert list(faults(SECTIONS[name])) == []


def test_a_runbook_without_commands_or_with_unknown_ones_is_found() -> None:
    assert list(faults("Restart it.\n")) == ["it does not end in commands"]
    assert list(faults("```console\n$ waybill mend\n```\n")) == ["there is no command waybill mend"]
    assert list(faults("```console\n$ reboot\n```\n")) == ["reboot is no program of a runbook"]


def test_every_alert_says_how_grave_it_is_and_where_it_belongs() -> None:
    for each in alerts():
        assert each["labels"]["severity"] in ("page", "ticket"), each["alert"]
        assert each["labels"]["layer"] in (
            "infrastructure", "service", "work", "objective", "security",
        ), each["alert"]  # fmt: skip
        assert each["annotations"]["summary"].endswith("."), each["alert"]
