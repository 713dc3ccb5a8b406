"""The commands as one typer group, which imports only the module of the called command.

Typer brings click's classes in a private module, and exports only some. Those used here have been
in click for ten years, and the lock pins typer.
"""

import re
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, NoReturn

import typer
from typer._click import Command, Context
from typer._click.exceptions import NoArgsIsHelpError, NoSuchOption, UsageError
from typer._click.formatting import HelpFormatter
from typer._click.shell_completion import CompletionItem
from typer._completion_classes import completion_init
from typer.core import TyperGroup
from typer.main import get_group
from typing_extensions import override

from waybill_toolkit.command_line.overview import ABOUT, COMMANDS, FORMER, overview

_NAMES = tuple(name for name, entry in COMMANDS.items() if entry.is_installed)


def root() -> typer.Typer:
    """Create the application."""
    completion_init()
    app = typer.Typer(
        name="waybill",
        help=ABOUT,
        cls=LazyGroup,
        no_args_is_help=True,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    return app


class LazyGroup(TyperGroup):
    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - typer's
        super().__init__(**attributes)
        self.commands = _Commands()

    @override
    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        formatter.write(overview())

    @override
    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        """Find a command. A former name is an error that says the new one."""
        if args and args[0] in FORMER:
            new = FORMER[args[0]]
            raise UsageError(f"`waybill {args[0]}` is now `waybill {new}`.", ctx)
        return super().resolve_command(ctx, args)

    @override
    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name without importing any."""
        names = [name for name in _NAMES if name.startswith(incomplete)]
        items = [CompletionItem(name, help=COMMANDS[name].summary) for name in names]
        return items or Command.shell_complete(self, ctx, incomplete)

    @override
    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line. An invalid one ends with status 2 and one sentence."""

        def run() -> Any:  # noqa: ANN401 - typer's
            return super(LazyGroup, self).main(
                args, prog_name, complete_var, standalone_mode=False, **extra
            )

        if not standalone_mode:
            return run()
        try:
            status = run()
        except NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except UsageError as error:
            _refuse(error)
        except typer.Abort:
            typer.echo("Aborted.", err=True)
            sys.exit(1)
        sys.exit(status or 0)


class _Commands(MutableMapping[str, Command]):
    """The commands by name, imported when they are looked up."""

    def __init__(self) -> None:
        self._loaded: dict[str, Command] = {}

    @override
    def __getitem__(self, name: str) -> Command:
        if name not in self._loaded:
            if name not in _NAMES:
                raise KeyError(name)
            self._loaded |= _load(COMMANDS[name].module)
        return self._loaded[name]

    @override
    def __setitem__(self, name: str, command: Command) -> None:
        self._loaded[name] = command

    @override
    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    @override
    def __len__(self) -> int:
        return len(_NAMES)


def _load(module: str) -> dict[str, Command]:
    app = typer.Typer()
    app.callback()(_root)  # otherwise a single command would not be a group
    app.add_typer(import_module(module).app)
    return dict(get_group(app).commands)


def _refuse(error: UsageError) -> NoReturn:
    message = error.format_message()
    if isinstance(error, NoSuchOption):
        likely = " or ".join(sorted(error.possibilities or ()))
        message = f"{error.message}.{f' Did you mean {likely}?' if likely else ''}"
    sentence = re.sub(r"\s*\n\s*", " ", message).rstrip()
    end = "" if sentence.endswith((".", "?")) else "."
    command = error.ctx.command_path if error.ctx else "waybill"
    typer.echo(f"{sentence}{end} See `{command} --help`.", err=True)
    sys.exit(error.exit_code)


def _show_version(asked: bool) -> None:  # noqa: FBT001 - typer's way
    if asked:
        typer.echo(f"waybill {version('waybill-toolkit')}")
        raise typer.Exit


def _root(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Keep `waybill NAME` a subcommand, even if there is only one."""
