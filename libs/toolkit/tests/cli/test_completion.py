"""Completion of `waybill` in shells."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build

COMPLETIONS = {
    "sta": ["status"],
    "contracts ": ["lint", "diff"],
    "status --js": ["--json"],
    "psql ord": ["orders"],
    "run orders --h": ["--here", "--help"],
}
IN_BASH = """
eval "$(waybill completion bash)"
while IFS= read -r line; do
    read -ra COMP_WORDS <<< "waybill $line"
    [[ $line == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
    _waybill_completion waybill
    echo "${COMPREPLY[@]}"
done
"""


def test_bash_completes_commands_options_and_services() -> None:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    finished = subprocess.run(
        ["bash", "-c", IN_BASH],
        input="".join(f"{words}\n" for words in COMPLETIONS),
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert [line.split() for line in finished.stdout.splitlines()] == list(COMPLETIONS.values())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_for_the_shell_that_is_named(shell: str) -> None:
    result = CliRunner().invoke(build(), ["completion", shell])
    assert result.exit_code == 0
    assert f"_WAYBILL_COMPLETE=complete_{shell}" in result.stdout
