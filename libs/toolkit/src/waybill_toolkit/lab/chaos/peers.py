"""Finds the process at the other end of a loopback connection.

The kernel is queried for one socket by its two ports (sock_diag(7)). Reading /proc/net/tcp lists
every socket of the machine, which takes tens of milliseconds for each connection.
"""

import socket
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.ports import LOOPBACK

_NETLINK_SOCK_DIAG: Final = 4
_BY_FAMILY: Final = 20
_REQUEST: Final = 1  # NLM_F_REQUEST
_NO_COOKIE: Final = b"\xff" * 8

_HEADER: Final = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_QUESTION: Final = struct.Struct("=BBBxI")  # inet_diag_req_v2: family, protocol, extensions, states
_PORTS: Final = struct.Struct("!HH")  # inet_diag_sockid, the rest of which are addresses
_INODE_AT: Final = 16 + 4 + 48 + 16  # after nlmsghdr and the other fields of inet_diag_msg


def process_of_connection(port: int, to_port: int, candidates: Iterable[int]) -> int | None:
    """Return which of the candidates is connected from `port` to `to_port`."""
    inode = _inode(port, to_port)
    if inode is None:
        return None
    name = f"socket:[{inode}]"
    return next((pid for pid in candidates if _holds(pid, name)), None)


def _inode(port: int, to_port: int) -> int | None:
    """Return the inode of the socket; None when it is closed."""
    address = socket.inet_aton(LOOPBACK).ljust(16, b"\0")
    question = (
        _QUESTION.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0xFFFF_FFFF)
        + _PORTS.pack(port, to_port)
        + address * 2
        + bytes(4)  # any interface
        + _NO_COOKIE
    )
    header = _HEADER.pack(_HEADER.size + len(question), _BY_FAMILY, _REQUEST, 0, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
        kernel.send(header + question)
        answer = kernel.recv(4096)
    if _HEADER.unpack_from(answer)[1] != _BY_FAMILY:  # NLMSG_ERROR: no such socket
        return None
    return int(struct.unpack_from("=I", answer, _INODE_AT)[0])


def _holds(pid: int, name: str) -> bool:
    try:
        return any(str(entry.readlink()) == name for entry in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # the process has exited, or has closed a file
        return False
