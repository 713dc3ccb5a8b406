"""The log files of the processes: kept small, read from their end, followed."""

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path

_LAST_WORDS = 15  # lines: the end of a traceback
FILE_BYTES_MAX = 64 * 1024 * 1024  # above this size the file is moved to NAME.log.1
_LOOK_SECONDS = 10.0
_TAIL_BYTES = 64 * 1024


async def keep_small(folder: Path) -> None:
    """Rotate log files that are too large, until cancelled; without disk space for it, later."""
    while True:
        with suppress(OSError):
            await asyncio.to_thread(_look, folder)
        await asyncio.sleep(_LOOK_SECONDS)


def _look(folder: Path) -> None:
    for log in folder.glob("*.log"):
        if log.stat().st_size > FILE_BYTES_MAX:
            shorten(log)


def shorten(log: Path) -> None:
    """Copy the file to NAME.log.1 and truncate it; writers append, so they need not reopen it."""
    shutil.copyfile(log, log.with_suffix(".log.1"))
    with log.open("r+b") as file:
        file.truncate(0)


def last_lines(log: Path, count: int) -> list[str]:
    """Return the last lines of a file; none when it does not exist."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-count:] if count else []


class Follower:
    """Reads the lines that are appended to a file, which need not exist yet."""

    def __init__(self, log: Path, *, from_end: bool) -> None:
        self._log = log
        self._offset = log.stat().st_size if from_end and log.exists() else 0
        self._rest = b""

    def read(self) -> list[str]:
        """Return new complete lines."""
        try:
            size = self._log.stat().st_size
        except FileNotFoundError:
            return []
        if size < self._offset:  # it was shortened
            self._offset = 0
        with self._log.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.decode("utf-8", errors="replace") for line in lines]

    def last_words(self) -> str:
        """Return the last of the new lines, each indented and after a line break."""
        return "".join(f"\n    {line}" for line in self.read()[-_LAST_WORDS:])
