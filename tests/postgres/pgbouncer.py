"""PgBouncer in transaction mode, in front of a PostgreSQL of the tests."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from waybill_toolkit.platform.account import server_account
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.processes import Program, end
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.waiting import wait_until

ROOT: Final = Path(__file__).parents[2]
KEEPS_STATEMENTS_SINCE: Final = (1, 21)
SESSIONS: Final = 2
"""Fewer than the clients have connections: they share them."""

_RELEASE: Final = "trixie"
"""A Debian whose PgBouncer keeps prepared statements."""
_START_SECONDS_MAX: Final = 30


def command() -> list[str]:
    """Return a PgBouncer that keeps prepared statements; nothing when none can be had.

    It is that of this machine, or of a newer Debian.
    """
    found = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if found and _version(found) >= KEEPS_STATEMENTS_SINCE:
        return [found]
    folder = ROOT / ".waybill" / "cache" / f"pgbouncer-{_RELEASE}"
    if not folder.is_dir() and os.geteuid() == 0 and shutil.which("mmdebstrap"):
        extract = ("mmdebstrap", "--quiet", "--variant=extract", "--include=pgbouncer", _RELEASE)
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        subprocess.run([*extract, str(unfinished)], check=True)
        unfinished.rename(folder)
    if not folder.is_dir():
        return []
    libraries = str(folder / "usr" / "lib" / "x86_64-linux-gnu")
    loader = folder / "usr" / "lib64" / "ld-linux-x86-64.so.2"
    return [str(loader), "--library-path", libraries, str(folder / "usr" / "sbin" / "pgbouncer")]


def _version(program: str) -> tuple[int, ...]:
    shown = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)
    found = re.search(r"PgBouncer (\d+)\.(\d+)", shown.stdout)
    return tuple(map(int, found.groups())) if found else ()


@contextmanager
def pgbouncer(program: list[str], url: str, statements_max: int = 200) -> Iterator[str]:
    """Run one in front of a database; yields the address that leads through it."""
    parts, port = urlsplit(url), free_port()
    with short_folder() as folder:
        users, configuration, log = (folder / each for each in ("users", "ini", "log"))
        users.write_text(f'"{parts.username}" "{parts.password}"\n')
        configuration.write_text(
            "[databases]\n"
            f"* = host={parts.hostname} port={parts.port}\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = scram-sha-256\nauth_file = {users}\n"
            f"pool_mode = transaction\ndefault_pool_size = {SESSIONS}\n"
            f"max_prepared_statements = {statements_max}\n"
        )
        for path in (users, configuration):
            path.chmod(0o644)
        account = server_account()
        process = Program(
            [*program, str(configuration)],
            log,
            signal.SIGKILL,
            None if account.is_ours else account,
        ).spawn()
        try:
            wait_until(lambda: "process up" in log.read_text(), _START_SECONDS_MAX)
            yield parts._replace(
                netloc=f"{parts.username}:{parts.password}@127.0.0.1:{port}"
            ).geturl()
        finally:
            end(process, signal.SIGKILL, _START_SECONDS_MAX)
