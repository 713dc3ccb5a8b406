"""The folder of the broker, and whether its contents are intact.

    boot         the boot id of the machine, or a mark that all files are synced
    offsets      committed offsets
    topics/      see logs
    damaged/     topics whose files were damaged, for inspection

Writes reach the operating system immediately and the disk later. So data survives the broker's
process, but perhaps not a crash of the machine. A log that has lost its end must not continue with
the same topic id: consumers would take new records for ones that they have read. So after such a
crash everything is deleted, and the services' outboxes publish it again.
"""

import os
import shutil
from pathlib import Path
from typing import Final

_BOOT: Final = "boot"
_SAVED: Final = "on the disk"
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def open_home(folder: Path) -> None:
    """Prepare the folder: its contents are kept if they are intact. Raises OSError."""
    boot = _BOOT_ID.read_text("ascii").strip()
    marker = folder / _BOOT
    is_whole = marker.exists() and marker.read_text("utf-8") in {boot, _SAVED}
    if folder.exists() and not is_whole:
        shutil.rmtree(folder)
    topics_of(folder).mkdir(parents=True, exist_ok=True)
    descriptor = os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, boot.encode())
        os.fsync(descriptor)  # before any write that a crash of the machine could lose
    finally:
        os.close(descriptor)


def save_home(folder: Path) -> None:
    """Sync all files to disk. Nothing may be written afterwards."""
    for path in (folder, *folder.rglob("*")):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    (folder / _BOOT).write_text(_SAVED, "utf-8")


def distrust_home(folder: Path) -> None:
    """Let the broker delete everything at its next start, as after a crash of the machine."""
    (folder / _BOOT).unlink(missing_ok=True)


def topics_of(folder: Path) -> Path:
    return folder / "topics"


def damaged_of(folder: Path) -> Path:
    return folder / "damaged"


def offsets_of(folder: Path) -> Path:
    return folder / "offsets"
