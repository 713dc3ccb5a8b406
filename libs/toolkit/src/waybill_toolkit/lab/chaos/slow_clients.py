"""Clients that begin requests and do not finish them, at the same time as others place orders."""

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import Final

from waybill_toolkit.platform.ports import LOOPBACK

CLIENT_COUNT: Final = 300
"""Half of them in the head, half in the body: more of each than the gateway has connections to a
service (`upstream_connections_max`)."""

_BYTE_EACH_SECONDS: Final = 0.5
_CLOSE_SECONDS: Final = 5.0
_HALF_HEAD: Final = b"GET /v1/stock HTTP/1.1\r\nhost: localhost\r\nx-slow: "
_HALF_BODY: Final = (
    b"POST /v1/orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    b"idempotency-key: slow-client\r\ncontent-length: 20000\r\n\r\n{"
)


async def slow_clients(port: int, seconds: float) -> None:
    """Hold unfinished requests on a port for a time; each client sends a byte now and then.

    Raises OSError when the server does not accept connections.
    """
    async with AsyncExitStack() as opened:
        clients = [await _begin(port, number, opened) for number in range(CLIENT_COUNT)]
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            await asyncio.sleep(_BYTE_EACH_SECONDS)
            for client in clients:
                if not client.is_closing():  # the server may have closed it, or may be gone
                    client.write(b" ")


async def _begin(port: int, number: int, opened: AsyncExitStack) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection(LOOPBACK, port)
    opened.push_async_callback(_close, writer)
    writer.write(_HALF_BODY if number % 2 else _HALF_HEAD)
    return writer


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await writer.wait_closed()
