"""Sockets that the process was started with, and the end of connections when it stops.

A process that takes over from another one gets the socket on which both listen: descriptors in
WAYBILL_LISTEN_FDS, separated by commas. When the old process stops, connections that it has not
accepted are in the queue of the new one. A client with an open connection must not lose the request
that it is about to send, so it is asked to close: its next response has `Connection: close`. The
server closes only connections without a request for a while.
"""

import asyncio
import os
import socket
from collections.abc import Iterable
from typing import Final, Protocol, runtime_checkable

LISTEN_VARIABLE: Final = "WAYBILL_LISTEN_FDS"

QUIET_SECONDS: Final = 0.1
_POLL_SECONDS: Final = 0.02


def inherited_sockets() -> list[socket.socket] | None:
    """Return the sockets to listen on, or None: then the settings say where."""
    listed = os.environ.pop(LISTEN_VARIABLE, "")
    return [socket.socket(fileno=int(each)) for each in listed.split(",")] if listed else None


@runtime_checkable
class Leaving(Protocol):
    """A connection that can ask its client to close it."""

    def leave(self) -> None:
        """Close after the next response."""


async def drain(connections: Iterable[object], within_seconds: float) -> None:
    """Return when the clients have closed their connections, or at the latest in this time.

    A connection that was accepted when the listener was closed appears a moment later, so there
    must be none for QUIET_SECONDS.
    """
    loop = asyncio.get_running_loop()
    now = seen_at = loop.time()
    until = now + within_seconds
    while now < min(until, seen_at + QUIET_SECONDS):
        await asyncio.sleep(_POLL_SECONDS)
        now = loop.time()
        for each in connections:
            if isinstance(each, Leaving):
                each.leave()
                seen_at = now
