"""A TCP proxy in front of every server, so that the link between any two processes can be made bad.

    orders ──┐            ┌── fine ──────────┐
             ├─> detour ──┤                  ├─> postgres
    payments ┘            └── 80 ms later ───┘

A detour knows who connected, so one link can be bad while all others to the same server are fine:
by the port for what has one kind of client only, else by asking the kernel. Bytes are delayed, held
or slowed down, never changed: TCP would not let that through either.
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

CLIENTS: Final = "clients"
"""Everybody who is no process of the platform: whoever places orders."""

_CHUNK_BYTES: Final = 65_536
_BACKLOG: Final = 1024  # all clients come back at once
_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s (socket(7))


@dataclass(frozen=True, slots=True)
class Link:
    """From who connects to who is connected to."""

    client: str
    server: str

    @override
    def __str__(self) -> str:
        return f"{self.client} → {self.server}"


@dataclass(slots=True)
class Weather:
    """How bytes get over a link now, in both directions."""

    delay_seconds: float = 0.0
    bytes_per_second: float | None = None
    clear: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while anything gets through at all."""

    def __post_init__(self) -> None:
        self.clear.set()

    @property
    def is_fine(self) -> bool:
        return self.clear.is_set() and not self.delay_seconds and self.bytes_per_second is None

    async def hold(self, byte_count: int) -> None:
        """Return when so many bytes may go on."""
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        if self.bytes_per_second:
            await asyncio.sleep(byte_count / self.bytes_per_second)
        if not self.clear.is_set():
            await self.clear.wait()


class FaultProxies:
    """FaultProxies for servers, given with their ports.

    What stands in `only_for` is reached there by one client alone: services by the gateway. For the
    rest `processes` says who runs now, by pid.
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
        self._weather: defaultdict[Link, Weather] = defaultdict(Weather)
        self._open: defaultdict[Link, set[asyncio.StreamWriter]] = defaultdict(set)
        self.ports: dict[str, int] = {name: free_port() for name in servers}
        """Where processes of the platform reach each server."""
        self.doors: dict[str, int] = {name: free_port() for name in only_for}
        """Where everybody else reaches those that speak HTTP."""

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Listen meanwhile."""
        listeners = [
            *[await self._listen(name, port, self._client_of) for name, port in self.ports.items()],
            *[await self._listen(name, port, _anybody) for name, port in self.doors.items()],
        ]
        try:
            yield
        finally:
            for listener in listeners:
                listener.close()
            for link in list(self._open):
                self.reset(link)

    def weather(self, link: Link) -> Weather:
        """Return the weather on a link, to be changed."""
        return self._weather[link]

    def clear_up(self) -> None:
        """Make all links good."""
        for weather in self._weather.values():
            weather.delay_seconds, weather.bytes_per_second = 0.0, None
            weather.clear.set()

    def reset(self, link: Link) -> int:
        """Break all connections of a link as a crashed router would; returns how many."""
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
        names = self._processes()
        pid = process_of_connection(from_port, self.ports[server], names)
        return names[pid] if pid else CLIENTS

    async def _serve(
        self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Carry one connection until either side ends it."""
        weather = self._weather[link]
        self._open[link].add(writer)
        try:
            await weather.clear.wait()
            there = await asyncio.open_connection(
                LOOPBACK, self._servers[link.server], limit=_CHUNK_BYTES
            )
            await _carry(weather, (reader, writer), there)
        except OSError:  # nobody listens, or one side was reset: the other one is to see that
            _reset(writer)
        finally:
            self._open[link].discard(writer)
            writer.close()


def _anybody(_server: str, _from_port: int) -> str:
    return CLIENTS


_End = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _carry(weather: Weather, here: _End, there: _End) -> None:
    """Carry bytes both ways; the first end of either way ends both."""
    ways = [
        asyncio.ensure_future(_carry_one_way(weather, here[0], there[1])),
        asyncio.ensure_future(_carry_one_way(weather, there[0], here[1])),
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
    weather: Weather, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    while data := await reader.read(_CHUNK_BYTES):
        await weather.hold(len(data))
        if writer.is_closing():  # it was reset meanwhile
            raise ConnectionResetError
        writer.write(data)
        await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a RST, so that the other side does not take it for an orderly end."""
    peer: socket.socket | None = writer.get_extra_info("socket")
    if peer is not None and not writer.is_closing():
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.transport.abort()
