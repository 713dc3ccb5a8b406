"""Checks the readiness of a service with the standard library only."""

import asyncio

from waybill_toolkit.platform.ports import LOOPBACK

_PROBE_SECONDS = 2.0  # a service that takes longer is not ready
_TEXT_SECONDS = 5.0
_UNAVAILABLE = 503


async def answers_ok(port: int, path: str) -> bool:
    """Whether GET `path` on this port of the loopback answers 200."""
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            return await _status(port, path) == 200
    except (OSError, TimeoutError, ValueError, IndexError):
        return False


async def is_live(port: int) -> bool:
    """Whether /health/live answers anything but 503; not every service has it."""
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            return await _status(port, "/health/live") != _UNAVAILABLE
    except (OSError, TimeoutError, ValueError, IndexError):
        return False


async def get_text(port: int, path: str) -> str | None:
    """Return the body of a 200 response; None for any other result."""
    try:
        async with asyncio.timeout(_TEXT_SECONDS):
            response = await _response(port, path)
    except (OSError, TimeoutError):
        return None
    head, _, body = response.partition(b"\r\n\r\n")
    return body.decode("utf-8", "replace") if b" 200 " in head.partition(b"\r\n")[0] else None


async def _response(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(_request(port, path))
        return await reader.read()
    finally:
        writer.close()


def _request(port: int, path: str) -> bytes:
    lines = (f"GET {path} HTTP/1.1", f"Host: {LOOPBACK}:{port}", "Connection: close", "", "")
    return "\r\n".join(lines).encode("ascii")


async def _status(port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(_request(port, path))
        await writer.drain()
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()
