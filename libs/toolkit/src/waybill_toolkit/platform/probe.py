"""Checks the readiness of a service with the standard library only."""

import asyncio

from waybill_toolkit.platform.ports import LOOPBACK

_PROBE_SECONDS = 2.0  # a service that takes longer is not ready


async def answers_ok(port: int, path: str) -> bool:
    """Whether GET `path` on this port of the loopback answers 200."""
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            return await _status(port, path) == 200
    except (OSError, TimeoutError, ValueError, IndexError):
        return False


async def _status(port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        request = f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode("ascii"))
        await writer.drain()
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()
