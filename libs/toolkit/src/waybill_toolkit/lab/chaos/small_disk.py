"""A small tmpfs that can be filled; mounting it requires root.

Filling the disk of the machine would affect other users, so without a tmpfs there is no such fault.
"""

import asyncio
import errno
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.errors import PlatformError

BYTES_MAX: Final = 8 * 1024**3
"""A larger file system may be used by others and is not filled."""
MEGABYTES_MIN: Final = 768
"""60 for PostgreSQL itself, 512 for its WAL, and some for orders."""

_FILLING: Final = "chaos.filling"
_STEPS: Final = (64 * 1024**2, 1024**2, 4096)
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


def may_be_filled(folder: Path) -> bool:
    """Return whether a small file system is mounted on the folder."""
    sizes = os.statvfs(folder)
    return os.path.ismount(folder) and sizes.f_blocks * sizes.f_frsize <= BYTES_MAX


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """Mount a tmpfs on a folder within the context. Raises PlatformError."""
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    options = f"size={megabytes}m,mode=0711"
    _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))
    try:
        yield
    finally:
        _run("umount", str(folder))


@asynccontextmanager
async def filled(folder: Path) -> AsyncIterator[None]:
    """Fill the file system of a folder within the context."""
    filling = folder / _FILLING
    try:
        await asyncio.to_thread(_fill, filling)  # it may take a second
        yield
    finally:
        filling.unlink(missing_ok=True)


def _fill(path: Path) -> None:
    with path.open("wb") as file:
        end = 0
        for step in _STEPS:
            try:
                while True:
                    os.posix_fallocate(file.fileno(), end, step)
                    end += step
            except OSError as error:
                if error.errno not in _FULL:
                    raise


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise PlatformError(
            f"The tmpfs cannot be mounted ({said.strip()}); run as root, or without"
            " --disk-megabytes."
        ) from error
