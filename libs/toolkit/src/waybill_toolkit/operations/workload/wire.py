"""A minimal HTTP/1.1 client with keep-alive connections, for load generation.

The client shares two cores with the platform. With 32 concurrent requests httpx 0.28 takes 6.3 ms
of processor time for each, this client 0.05 ms; httpx would dominate the measurement. httptools
parses the responses. There are no redirects and no TLS: it is for the loopback only.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

import httptools
from typing_extensions import override

# A service responds within milliseconds, or never, when it is stopped by SIGSTOP.
TIMEOUT_SECONDS: Final = 10.0


class ConnectionLostError(Exception):
    """There is no response: no server, or the connection ended. The request may have arrived."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Origin:
    """A server and the idle connections to it."""

    host: str
    port: int
    _idle: list["_Connection"] = field(default_factory=list)

    async def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Response:
        """Send a request and return the response. Raises ConnectionLostError.

        Each concurrent request uses its own connection; callers limit the concurrency.
        """
        head = [f"{method} {target} HTTP/1.1", f"host: {self.host}:{self.port}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        if body or method != "GET":
            head.append(f"content-length: {len(body)}")
        request = "\r\n".join([*head, "\r\n"]).encode("ascii") + body
        connection = self._take() or await self._connect()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                response = await connection.exchange(request)
        except TimeoutError as error:
            raise ConnectionLostError(f"no response within {TIMEOUT_SECONDS:g} s") from error
        finally:
            if not connection.is_reusable:
                connection.close()
        if connection.is_reusable:
            self._idle.append(connection)
        return response

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> "_Connection | None":
        while self._idle:
            connection = self._idle.pop()
            if connection.is_reusable:
                return connection
        return None

    async def _connect(self) -> "_Connection":
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                _, connection = await loop.create_connection(_Connection, self.host, self.port)
        except OSError as error:  # includes TimeoutError
            raise ConnectionLostError(str(error) or type(error).__name__) from error
        return connection


class _Connection(asyncio.Protocol):
    """One connection, for one request at a time. The methods `on_…` are called by httptools."""

    def __init__(self) -> None:
        self.is_reusable = False
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Response] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []

    async def exchange(self, request: bytes) -> Response:
        self.is_reusable = False
        if self._transport is None or self._transport.is_closing():
            raise ConnectionLostError("the connection is closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self.is_reusable = False
        if self._transport:
            self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # a stream's always is

    @override
    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"the response is not HTTP: {error}")
            self.close()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.is_reusable = False
        self._fail(str(exc) if exc else "the server closed the connection")

    def on_message_begin(self) -> None:
        self._headers, self._body = {}, []

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        answer = self._answer
        if answer is None or answer.done():
            self.close()  # a response without a request: further data cannot be trusted
            return
        self.is_reusable = self._parser.should_keep_alive()
        status = self._parser.get_status_code()
        answer.set_result(Response(status, self._headers, b"".join(self._body)))

    def _fail(self, reason: str) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionLostError(reason))
