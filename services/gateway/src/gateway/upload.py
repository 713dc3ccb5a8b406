"""Streams the body of a request from the client to a service."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.types import Receive

from waybill.http.body import ClientGoneError
from waybill.http.problems import BodyTooLarge, ProblemError, RequestTimeout


class Upload:
    """Forwards a body as it arrives, up to its limit.

    It holds only the last chunk in memory. `failure` is the reason of an early end: ProblemError
    when the body is too large or stops arriving, ClientGoneError when the client disconnects.
    """

    def __init__(self, receive: Receive, limit_bytes: int, client_seconds: float) -> None:
        self._receive = receive
        self._limit_bytes: Final = limit_bytes
        self._client_seconds: Final = client_seconds
        self._received_bytes = 0
        self._more = True
        self.failure: ProblemError | ClientGoneError | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the whole body has arrived."""
        return not self._more

    async def begin(self, declared_length: int | None) -> bytes | AsyncIterator[bytes]:
        """Wait for the first chunk; return the body if it is complete, otherwise its chunks.

        Raises ProblemError or ClientGoneError.
        """
        if declared_length is not None:
            self._require_within(declared_length)
        first = await self._next()
        return first if self.is_complete else self._all(first)

    async def _all(self, first: bytes) -> AsyncIterator[bytes]:
        yield first
        try:
            while self._more:
                yield await self._next()
        except (ProblemError, ClientGoneError) as failure:
            self.failure = failure
            raise

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(self._client_seconds):
                message = await self._receive()
        except TimeoutError:
            detail = f"No data of the body arrived for {self._client_seconds:g} s."
            raise ProblemError(RequestTimeout(detail=detail)) from None
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk: bytes = message.get("body", b"")
        self._more = message.get("more_body", False)
        self._received_bytes += len(chunk)
        self._require_within(self._received_bytes)
        return chunk

    def _require_within(self, length: int) -> None:
        if length > self._limit_bytes:
            detail = f"The body exceeds the limit of {self._limit_bytes} bytes."
            raise ProblemError(BodyTooLarge(detail=detail))
