"""Sends bytes to a server as they are, also such that no HTTP client would send."""

import json
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

SECONDS_MAX: Final = 20.0
"""Only a failing test waits this long for the end of a connection."""


@dataclass(frozen=True, slots=True)
class RawReply:
    """One response of a connection."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 (any JSON)
        """Return the parsed body."""
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The slug of the problem; raises KeyError or ValueError when it is none."""
        if self.headers["content-type"] != "application/problem+json":
            raise ValueError(self.body)
        return str(self.json()["type"]).rpartition(":")[2]


def exchange(address: str, *pieces: bytes) -> list[RawReply]:
    """Send the pieces, one packet each; return the responses until the server closes.

    Raises TimeoutError when the server leaves the connection open.
    """
    return replies(_until_closed(address, pieces))


def replies(received: bytes) -> list[RawReply]:
    """Split what a connection received into responses with Content-Length."""
    found = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in lines)}
        length = int(headers.get("content-length", "0"))
        found.append(RawReply(int(status.split(" ")[1]), headers, rest[:length]))
        received = rest[length:]
    return found


def _until_closed(address: str, pieces: Sequence[bytes]) -> bytes:
    target = urlsplit(address)
    with socket.create_connection((target.hostname, target.port), timeout=SECONDS_MAX) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(ConnectionError):  # the server may close before the last piece
            for piece in pieces:
                client.sendall(piece)
        received = b""
        while part := client.recv(65_536):
            received += part
    return received
