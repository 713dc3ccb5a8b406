"""`waybill completion`."""

from enum import StrEnum
from typing import Annotated

import typer
from typer._completion_shared import get_completion_script

from waybill_toolkit.command_line.overview import COMPLETE_VARIABLE

app = typer.Typer()


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@app.command()
def completion(shell: Annotated[Shell, typer.Argument(help="The shell to complete in.")]) -> None:
    """Print a script that makes a shell complete `waybill`: commands, options, services.

    bash: `eval "$(waybill completion bash)"` in ~/.bashrc. zsh: the same with zsh, in ~/.zshrc
    after compinit. fish: `waybill completion fish | source` in ~/.config/fish/config.fish.
    """
    script = get_completion_script(
        prog_name="waybill", complete_var=COMPLETE_VARIABLE, shell=shell.value
    )
    typer.echo(script)
