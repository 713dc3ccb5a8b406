"""Frames on connections. The requests of a connection are answered in order."""

import asyncio
import logging
from io import BytesIO
from struct import Struct, error
from typing import Final

from aiokafka.protocol.admin import ApiVersionRequest_v0  # type: ignore[import-untyped]

from waybill_toolkit.platform.embedded_broker.error_codes import UNSUPPORTED_VERSION
from waybill_toolkit.platform.embedded_broker.requests import Requests

_log = logging.getLogger(__name__)

_SIZE: Final = Struct(">i")
_HEAD: Final = Struct(">hhih")
"""The request's key and version, its number on this connection, the length of the client's name."""
_NO_TAGS: Final = b"\0"
_REQUEST_BYTES_MAX: Final = 64 * 1024 * 1024


class UnreadableError(Exception):
    """The data is not a supported request; the connection is closed."""


class Connections:
    """Serves each connection until it ends."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._kinds = {(kind.API_KEY, kind.API_VERSION): kind for kind in requests.handlers}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests; an unreadable request closes the connection."""
        try:
            while True:
                answer = await self._answer(await _frame(reader))
                writer.write(_SIZE.pack(len(answer)) + answer)
                await writer.drain()
        except (EOFError, ConnectionError):
            pass
        except UnreadableError as fault:
            _log.warning("connection closed: %s", fault)
        finally:
            writer.close()

    async def _answer(self, frame: bytes) -> bytes:
        key, version, number, name_bytes = _HEAD.unpack_from(frame)
        kind = self._kinds.get((key, version))
        if kind is None:
            return _SIZE.pack(number) + await self._refusal(key, version)
        body = BytesIO(frame)
        body.seek(_HEAD.size + max(0, name_bytes))
        tags = _NO_TAGS if kind.FLEXIBLE_VERSION else b""
        body.seek(len(tags), 1)
        try:
            request = kind.decode(body)
        except (ValueError, error) as fault:
            raise UnreadableError(f"{kind.__name__}: {fault}") from fault
        answer = kind.RESPONSE_TYPE(*await self._requests.handlers[kind](request))
        encoded: bytes = answer.encode()
        return _SIZE.pack(number) + tags + encoded

    async def _refusal(self, key: int, version: int) -> bytes:
        """Answer an ApiVersions request of an unsupported version, as Kafka does (KIP-35)."""
        if key != ApiVersionRequest_v0.API_KEY:
            raise UnreadableError(f"request {key} in version {version} is not supported")
        _, versions = await self._requests.api_versions(None)
        refusal: bytes = ApiVersionRequest_v0.RESPONSE_TYPE(UNSUPPORTED_VERSION, versions).encode()
        return refusal


async def _frame(reader: asyncio.StreamReader) -> bytes:
    [size] = _SIZE.unpack(await reader.readexactly(_SIZE.size))
    if not _HEAD.size <= size <= _REQUEST_BYTES_MAX:
        raise UnreadableError(f"a request of {size} bytes")
    return await reader.readexactly(size)
