"""The data folder: its contents, its version, and the lock that only one platform holds.

waybill.json   the versions that created it; a folder without it is not Waybill's
lock           held by the running supervisor
state.json     the supervisor's state, see state.py
plan.json      the plan of the platform, see plan.py
ports.json     the port of each service, see stored_ports.py
foreground/    services that run in a terminal, see lending.py
secrets/       passwords
logs/          one file per process
mail/          mails that identity has written
postgres/      see postgres_home.py
broker/        see waybill_toolkit.platform.embedded_broker.home
observe/       what `--observe` starts, see waybill_toolkit.platform.observe
"""

import fcntl
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from waybill_toolkit.platform.errors import AlreadyRunningError, DataFolderError
from waybill_toolkit.platform.postgres_home import remove_home

LAYOUT = 1
POSTGRES_MAJOR = 18
FREE_BYTES_MIN = 256 * 1024 * 1024  # a new PostgreSQL takes 60 MB; the rest is for its WAL
_FULL_BYTES = 32 * 1024 * 1024  # two segments of PostgreSQL's WAL: with less it stops

# `generate`, `contracts lint` and `docs` write caches to .waybill too, perhaps before `up`.
_HARMLESS = ("lock", "cache", "node", "docs")
_MARKER = "waybill.json"
_OURS = (
    "state.json",
    "plan.json",
    "ports.json",
    "secrets",
    "logs",
    "mail",
    "broker",
    "observe",
    _MARKER,
)  # and postgres/; the marker goes last


@dataclass(frozen=True, slots=True)
class DataFolder:
    path: Path

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    @property
    def state_file(self) -> Path:
        return self.path / "state.json"

    @property
    def plan_file(self) -> Path:
        return self.path / "plan.json"

    def make(self) -> None:
        """Create the folder if it is missing; raises DataFolderError when it is something else."""
        if not self.path.exists():
            # For root, PostgreSQL runs under another account, which needs access.
            self.path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True)
        if not self.path.is_dir():
            raise DataFolderError(f"{self.path} is not a folder: choose another one with --data.")
        if not (self.path / _MARKER).exists():
            self._refuse_unless_empty()
            self._write_marker()

    def _refuse_unless_empty(self) -> None:
        if any(entry.name not in _HARMLESS for entry in self.path.iterdir()):
            raise DataFolderError(
                f"{self.path} is not empty and Waybill did not make it: "
                "choose a new or an empty folder with --data."
            )

    def _write_marker(self) -> None:
        made_by = {"layout": LAYOUT, "postgres": POSTGRES_MAJOR}
        (self.path / _MARKER).write_text(json.dumps(made_by) + "\n", encoding="utf-8")

    def lock(self) -> int:
        """Take the lock and return its descriptor: it is held until the last copy is closed.

        Raises AlreadyRunningError when another process holds it.
        """
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise AlreadyRunningError(
                f"Waybill already runs on {self.path}: see `waybill status`, stop it with "
                "`waybill down`, or choose another folder with --data and other ports with "
                "--port-base."
            ) from error
        return descriptor

    def refuse_other_version(self) -> None:
        """Raise DataFolderError when the data cannot be read by this version."""
        try:
            made_by = json.loads((self.path / _MARKER).read_text(encoding="utf-8"))
            found = (int(made_by["layout"]), int(made_by["postgres"]))
        except (ValueError, KeyError, TypeError) as error:
            raise DataFolderError(
                f"{self.path / _MARKER} cannot be read: wipe the data with `waybill up --fresh`, "
                "or choose another folder with --data."
            ) from error
        if found != (LAYOUT, POSTGRES_MAJOR):
            raise DataFolderError(
                f"{self.path} was made by another version of Waybill (layout {found[0]} with "
                f"PostgreSQL {found[1]}; this one has layout {LAYOUT} with PostgreSQL "
                f"{POSTGRES_MAJOR}): wipe it with `waybill up --fresh`, or choose another folder "
                "with --data."
            )

    def refuse_full_disk(self) -> None:
        free = shutil.disk_usage(self.path).free
        if free < FREE_BYTES_MIN:
            raise DataFolderError(
                f"There are only {free // 2**20} MB free where {self.path} is and Waybill needs "
                f"{FREE_BYTES_MIN // 2**20}: make room, or choose another folder with --data."
            )

    @property
    def has_room(self) -> bool:
        return shutil.disk_usage(self.path).free > _FULL_BYTES

    def wipe(self) -> None:
        """Delete Waybill's files, and no others. The caller holds the lock."""
        remove_home(self.path)
        for name in _OURS:
            entry = self.path / name
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink(missing_ok=True)
        self._write_marker()
