"""A shell completes `waybill`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build

IN_BASH = """
eval "$(waybill completion bash)"
COMP_WORDS=(waybill {words}) COMP_CWORD={count}
_waybill_completion waybill
echo "${{COMPREPLY[@]}}"
"""


def _in_bash(*words: str) -> list[str]:
    script = IN_BASH.format(words=" ".join(f"'{word}'" for word in words), count=len(words))
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    finished = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=True, env=environment
    )
    return finished.stdout.split()


@pytest.mark.parametrize(
    ("words", "completions"),
    [
        (("sta",), ["status"]),
        (("contracts", ""), ["lint", "diff"]),
        (("status", "--js"), ["--json"]),
    ],
)
def test_bash_completes_commands_and_options(words: tuple[str], completions: list[str]) -> None:
    assert _in_bash(*words) == completions


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_for_the_shell_that_is_named(shell: str) -> None:
    result = CliRunner().invoke(build(), ["completion", shell])
    assert result.exit_code == 0
    assert f"_WAYBILL_COMPLETE=complete_{shell}" in result.stdout
