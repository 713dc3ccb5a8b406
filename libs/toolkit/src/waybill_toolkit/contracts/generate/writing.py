"""Writes files atomically; a failure changes none.

All files are first written next to their places. Only then each file takes its
place in one step. A process that is killed meanwhile leaves complete files, old and new ones; the
next run writes the rest.
"""

import errno
import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path


def stale(files: Mapping[Path, str]) -> Iterator[Path]:
    """Find files that differ from the generated ones, are missing, or should not exist.

    The folders of a chart and of the Containerfile also have files that are written by hand.
    """
    for path, text in files.items():
        if not path.is_file() or path.read_bytes() != text.encode():
            yield path
    for folder in sorted({path.parent for path in files}):
        if any((folder / each).is_file() for each in ("Chart.yaml", "Containerfile")):
            continue
        yield from sorted(path for path in folder.glob("*") if path.is_file() and path not in files)


def write(files: Mapping[Path, str]) -> list[Path]:
    """Write `files` to the tree, and return the changes. On OSError nothing is changed."""
    changed = list(stale(files))
    wanted = {path: files[path] for path in changed if path in files}
    folders: list[Path] = []
    temporary: dict[Path, Path] = {}
    try:
        for path, text in wanted.items():
            folders += _make_folder(path.parent)
            _require_no_folder(path)
            temporary[path] = path.with_name(f".{path.name}.{os.getpid()}")
            temporary[path].write_bytes(text.encode())
    except BaseException:
        _undo(temporary, folders)
        raise
    for path in changed:
        if path in temporary:
            temporary[path].replace(path)
        else:
            path.unlink()
    return changed


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait for the lock of other runs; continue without it where no file can be created."""
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("ab")
    except OSError:
        yield
        return
    with file:  # closing the file releases the lock
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_folder(folder: Path) -> list[Path]:
    """Create a folder and its parents; return the created ones, the innermost last."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _require_no_folder(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


def _undo(temporary: Mapping[Path, Path], folders: list[Path]) -> None:
    for path in temporary.values():
        path.unlink(missing_ok=True)
    for folder in reversed(folders):
        with suppress(OSError):
            folder.rmdir()
