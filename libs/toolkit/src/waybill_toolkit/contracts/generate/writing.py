"""Brings files up to date so that nobody ever sees half of one, and a failure changes none.

Everything is first written beside its place. Only when all of it is there, each file takes its
place in one step. A process killed in between leaves whole files, old and new ones; the next run
brings the rest.
"""

import errno
import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path


def stale(files: Mapping[Path, str]) -> Iterator[Path]:
    """Find what differs from what was generated, is missing, or should not be there."""
    for path, text in files.items():
        if not path.is_file() or path.read_bytes() != text.encode():
            yield path
    for folder in sorted({path.parent for path in files}):
        yield from sorted(path for path in folder.glob("*") if path.is_file() and path not in files)


def write(files: Mapping[Path, str]) -> list[Path]:
    """Make the tree as `files` says, and say what was changed. Raises OSError, then nothing was."""
    changed = list(stale(files))
    wanted = {path: files[path] for path in changed if path in files}
    folders: list[Path] = []
    beside: dict[Path, Path] = {}
    try:
        for path, text in wanted.items():
            folders += _make_folder(path.parent)
            _require_no_folder(path)
            beside[path] = path.with_name(f".{path.name}.{os.getpid()}")
            beside[path].write_bytes(text.encode())
    except BaseException:
        _undo(beside, folders)
        raise
    for path in changed:
        if path in beside:
            beside[path].replace(path)
        else:
            path.unlink()
    return changed


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until no other run has this lock; without it where no file can be made."""
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("ab")
    except OSError:
        yield
        return
    with file:  # closing it, as the end of the process does, gives the lock back
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder and those above it; says which were made, the innermost last."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _require_no_folder(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


def _undo(beside: Mapping[Path, Path], folders: list[Path]) -> None:
    for path in beside.values():
        path.unlink(missing_ok=True)
    for folder in reversed(folders):
        with suppress(OSError):
            folder.rmdir()
