"""A TCP proxy in front of every server, to impair the link between any two processes.

    orders ──┐                 ┌── unimpaired ──┐
             ├─> fault proxy ──┤                ├─> postgres
    payments ┘                 └── 80 ms delay ─┘

A fault proxy identifies the client, so it can impair one link while all others to the same server
work: by the port for servers with one kind of client, otherwise by asking the kernel. Bytes are
delayed, held or throttled, never changed, as TCP guarantees.
"""

import asyncio
import socket
import struct
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from typing_extensions import override

from waybill_toolkit.lab.chaos.peers import process_of_connection
from waybill_toolkit.platform.ports import LOOPBACK, free_port
from waybill_toolkit.platform.processes import children_of

CLIENTS: Final = "clients"
"""Clients outside of the platform, which place orders."""

_CHUNK_BYTES: Final = 65_536
_BACKLOG: Final = 1024  # all clients reconnect at the same time
_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s (socket(7))


@dataclass(frozen=True, slots=True)
class Link:
    """A link from a client to a server."""

    client: str
    server: str

    @override
    def __str__(self) -> str:
        return f"{self.client} → {self.server}"


@dataclass(slots=True)
class LinkState:
    """The impairment of a link, in both directions."""

    delay_seconds: float = 0.0
    bytes_per_second: float | None = None
    clear: asyncio.Event = field(default_factory=asyncio.Event)
    """Set unless the link is cut."""

    def __post_init__(self) -> None:
        self.clear.set()

    @property
    def is_healthy(self) -> bool:
        return self.clear.is_set() and not self.delay_seconds and self.bytes_per_second is None

    async def hold(self, byte_count: int) -> None:
        """Wait until this number of bytes may be forwarded."""
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        if self.bytes_per_second:
            await asyncio.sleep(byte_count / self.bytes_per_second)
        if not self.clear.is_set():
            await self.clear.wait()


class FaultProxies:
    """Fault proxies for servers, given with their ports.

    `only_for` names the only client of a server, such as the gateway for services. For other
    servers `processes` returns the running processes by pid.
    """

    def __init__(
        self,
        servers: Mapping[str, int],
        only_for: Mapping[str, str],
        processes: Callable[[], Mapping[int, str]],
    ) -> None:
        self._servers = servers
        self._only_for = only_for
        self._processes = processes
        self._states: defaultdict[Link, LinkState] = defaultdict(LinkState)
        self._open: defaultdict[Link, set[asyncio.StreamWriter]] = defaultdict(set)
        self.ports: dict[str, int] = {name: free_port() for name in servers}
        """The port of each server for processes of the platform."""
        self.client_ports: dict[str, int] = {name: free_port() for name in only_for}
        """The port of each HTTP server for outside clients."""

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Listen within the context."""
        listeners = [
            *[await self._listen(name, port, self._client_of) for name, port in self.ports.items()],
            *[await self._listen(name, port, _anybody) for name, port in self.client_ports.items()],
        ]
        try:
            yield
        finally:
            for listener in listeners:
                listener.close()
            for link in list(self._open):
                self.reset(link)

    def state(self, link: Link) -> LinkState:
        """Return the state of a link, which the caller may change."""
        return self._states[link]

    def heal(self) -> None:
        """Remove all impairments."""
        for state in self._states.values():
            state.delay_seconds, state.bytes_per_second = 0.0, None
            state.clear.set()

    def reset(self, link: Link) -> int:
        """Reset all connections of a link; return their number."""
        writers = self._open.pop(link, set())
        for writer in writers:
            _reset(writer)
        return len(writers)

    async def _listen(
        self, server: str, port: int, client_of: Callable[[str, int], str]
    ) -> asyncio.Server:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            _, from_port = writer.get_extra_info("peername")
            await self._serve(Link(client_of(server, from_port), server), reader, writer)

        return await asyncio.start_server(
            serve, LOOPBACK, port, limit=_CHUNK_BYTES, backlog=_BACKLOG
        )

    def _client_of(self, server: str, from_port: int) -> str:
        only = self._only_for.get(server)
        if only:
            return only
        names = {
            each: name
            for pid, name in self._processes().items()
            for each in (pid, *children_of(pid))  # a service and its worker process
        }
        pid = process_of_connection(from_port, self.ports[server], names)
        return names[pid] if pid else CLIENTS

    async def _serve(
        self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Forward one connection until either side closes it."""
        state = self._states[link]
        self._open[link].add(writer)
        try:
            await state.clear.wait()
            there = await asyncio.open_connection(
                LOOPBACK, self._servers[link.server], limit=_CHUNK_BYTES
            )
            await _carry(state, (reader, writer), there)
        except OSError:  # the server is down, or one side was reset; the other side is reset, too
            _reset(writer)
        finally:
            self._open[link].discard(writer)
            writer.close()


def _anybody(_server: str, _from_port: int) -> str:
    return CLIENTS


_End = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _carry(state: LinkState, here: _End, there: _End) -> None:
    """Forward bytes in both directions until either one ends."""
    ways = [
        asyncio.ensure_future(_carry_one_way(state, here[0], there[1])),
        asyncio.ensure_future(_carry_one_way(state, there[0], here[1])),
    ]
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in done:
            way.result()
    finally:
        for way in ways:
            way.cancel()
        there[1].close()


async def _carry_one_way(
    state: LinkState, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    while data := await reader.read(_CHUNK_BYTES):
        await state.hold(len(data))
        if writer.is_closing():  # reset by a fault
            raise ConnectionResetError
        writer.write(data)
        await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a RST, which the other side does not treat as a regular close."""
    peer: socket.socket | None = writer.get_extra_info("socket")
    if peer is not None and not writer.is_closing():
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.transport.abort()
