"""A connection to Valkey or Redis, with as much of its protocol (RESP2) as a script needs.

Commands are pipelined: each is sent at once, and the replies come in the same order.
"""

import asyncio
import ssl
from collections import deque
from typing import Final, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

from typing_extensions import override

Reply: TypeAlias = "bytes | int | list[Reply] | StoreError | None"

_LINE: Final = b"\r\n"
_PORT: Final = 6379


class StoreError(Exception):
    """The store has refused a command, or the connection to it has ended."""


class RespConnection(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._transport: asyncio.Transport | None = None
        self.is_lost = False

    async def ask(self, *command: bytes | str | int) -> Reply:
        """Send a command and wait for its reply. Raises StoreError."""
        if self._transport is None or self._transport.is_closing():
            raise StoreError("the connection is closed")
        parts = [each if isinstance(each, bytes) else str(each).encode() for each in command]
        head = [b"*%d\r\n" % len(parts)]
        self._transport.writelines([*head, *(b"$%d\r\n%b\r\n" % (len(p), p) for p in parts)])
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append(reply)
        found = await reply
        if isinstance(found, StoreError):
            raise found
        return found

    def close(self) -> None:
        """Close the connection; commands without a reply raise StoreError."""
        if self._transport is not None:
            self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._received:
            found = _parse(self._received, 0)
            if found is None:
                return
            reply, end = found
            del self._received[:end]
            waiting = self._waiting.popleft() if self._waiting else None
            if waiting is not None and not waiting.done():  # it may have been cancelled
                waiting.set_result(reply)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(StoreError("the connection has ended"))


async def connect(address: str) -> RespConnection:
    """Open a connection to `redis://[user:password@]host[:port][/database]`.

    `rediss://` is the same with TLS, `unix:///path` a socket. Raises OSError or StoreError.
    """
    parts = urlsplit(address)
    loop = asyncio.get_running_loop()
    if parts.scheme == "unix":
        _, connection = await loop.create_unix_connection(RespConnection, parts.path)
    else:
        context = ssl.create_default_context() if parts.scheme == "rediss" else None
        _, connection = await loop.create_connection(
            RespConnection, parts.hostname or "", parts.port or _PORT, ssl=context
        )
    try:
        await _log_in(connection, parts)
    except (StoreError, asyncio.CancelledError):
        connection.close()
        raise
    return connection


async def _log_in(connection: RespConnection, parts: SplitResult) -> None:
    if parts.password is not None:
        await connection.ask("AUTH", unquote(parts.username or "default"), unquote(parts.password))
    if parts.scheme != "unix" and parts.path.strip("/"):
        await connection.ask("SELECT", parts.path.strip("/"))
    await connection.ask("PING")


def _parse(data: bytearray, start: int) -> tuple[Reply, int] | None:
    """Parse one reply; return it and its end, or None when it is not complete."""
    line_end = data.find(_LINE, start)
    if line_end < 0:
        return None
    text, end = bytes(data[start + 1 : line_end]), line_end + 2
    found: tuple[Reply, int] | None
    match chr(data[start]):
        case "+":
            found = text, end
        case "-":
            found = StoreError(text.decode("utf-8", "replace")), end
        case ":":
            found = int(text), end
        case "$":
            found = _parse_string(data, end, int(text))
        case "*":
            found = _parse_items(data, end, int(text))
        case _:
            found = StoreError("the reply is not RESP2"), len(data)
    return found


def _parse_string(data: bytearray, start: int, length: int) -> tuple[Reply, int] | None:
    if length < 0:
        return None, start
    end = start + length
    return (bytes(data[start:end]), end + 2) if len(data) >= end + 2 else None


def _parse_items(data: bytearray, end: int, count: int) -> tuple[Reply, int] | None:
    items: list[Reply] = []
    for _ in range(count):
        found = _parse(data, end)
        if found is None:
            return None
        item, end = found
        items.append(item)
    return items, end
