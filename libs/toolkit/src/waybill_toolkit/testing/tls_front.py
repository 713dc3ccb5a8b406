"""A server that ends TLS in front of one that has none: of the embedded broker and PostgreSQL."""

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeAlias

from waybill_toolkit.platform.ports import LOOPBACK

_SSL_REQUEST: Final = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
"""With this a client of PostgreSQL asks for TLS; the server agrees with S."""

Place: TypeAlias = tuple[str, int]
"""A host and a port."""


@asynccontextmanager
async def tls_front(
    context: ssl.SSLContext,
    target: int | Callable[[], Awaitable[Place]],
    *,
    host: str = LOOPBACK,
    port: int = 0,
    is_postgres: bool = False,
) -> AsyncIterator[int]:
    """Forward what arrives over TLS; yields its own port.

    `target` is a port of the loopback, or finds the place for each connection: it may raise OSError
    while there is none.
    """

    async def forward(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            if is_postgres and await reader.readexactly(len(_SSL_REQUEST)) == _SSL_REQUEST:
                writer.write(b"S")
                await writer.start_tls(context)
            place = (LOOPBACK, target) if isinstance(target, int) else await target()
            inner_reader, inner = await asyncio.open_connection(*place)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()
            return
        await asyncio.gather(_copy(reader, inner), _copy(inner_reader, writer))

    server = await asyncio.start_server(forward, host, port, ssl=None if is_postgres else context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _copy(reader: StreamReader, writer: StreamWriter) -> None:
    # Connections that are open at the end are cancelled, which asyncio would print.
    with suppress(OSError, asyncio.CancelledError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
