"""Reports errors that the user can fix in one sentence."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from waybill_toolkit.command_line.errors import CommandError

_HINTS = {
    errno.ENOSPC: "the disk is full: make room, or choose another folder with --data",
    errno.EDQUOT: "your quota is used up: make room, or choose another folder with --data",
    errno.EACCES: "you may not write there: choose another folder with --data",
    errno.EPERM: "you may not write there: choose another folder with --data",
    errno.EROFS: "it is read-only: choose another folder with --data",
    errno.ENOTDIR: "part of it is no folder: choose another one with --data",
}


@contextmanager
def explained() -> Iterator[None]:
    """End the command with status 1 and one sentence, without a traceback, on an expected error."""
    try:
        yield
    except CommandError as error:
        _fail(str(error), error)
    except BrokenPipeError:  # of `waybill logs | head`, say: typer ends quietly
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{_HINTS.get(error.errno or 0, error.strerror)}.", error)


def _fail(sentence: str, cause: Exception) -> None:
    typer.echo(sentence, err=True)
    raise typer.Exit(1) from cause
