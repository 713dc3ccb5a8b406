"""TCP ports on the loopback."""

import errno
import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

LOOPBACK = "127.0.0.1"

_OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST_FREE = 10_000  # below are many well-known ones
_LISTEN = "0A"  # TCP_LISTEN in the tables of /proc/net (linux/net/tcp_states.h)


def free_port() -> int:
    """Find a free port outside of the range for outgoing connections.

    A client that connects to a stopped server could otherwise get the server's port as its local
    port, connect to itself, and prevent the restart of the server.
    """
    lowest_outgoing = int(_OUTGOING.read_text(encoding="ascii").split()[0])
    while True:
        port = random.randrange(_LOWEST_FREE, lowest_outgoing)  # noqa: S311 - no secret
        if is_free(port):
            return port


def claim(name: str) -> bool:
    """Claim what nobody binds yet, such as ports for later, until this process ends.

    Returns False when another process, or this one, has it.
    """
    folder = Path(tempfile.gettempdir()) / f"waybill-claims-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = os.open(folder / name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return False
    return True


def answers(port: int) -> bool:
    """Whether something accepts connections on this port of the loopback."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True


def listener(port: int) -> str | None:
    """Describe the process that listens on a port, if its owner is visible."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for entry in Path("/proc").iterdir():
        if sockets and entry.name.isdigit() and _holds_one_of(entry, sockets):
            name = (entry / "comm").read_text(encoding="utf-8", errors="replace").strip()
            return f"{name} (pid {entry.name})"
    return None


def _listening_inodes(port: int) -> list[str]:
    inodes: list[str] = []
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        rows = table.read_text(encoding="ascii").splitlines()[1:] if table.exists() else []
        inodes += [
            fields[9]
            for fields in map(str.split, rows)
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port
        ]
    return inodes


def _holds_one_of(process: Path, sockets: set[str]) -> bool:
    try:
        return any(str(entry.readlink()) in sockets for entry in (process / "fd").iterdir())
    except OSError:
        return False
