"""The HTTP client of the gateway: aiohttp, configured to forward only.

    UpstreamError
      UnreachableError   the request was not sent: connection refused, or all connections are busy
      BrokenOffError     it may have been sent; the connection ended, or the response is not HTTP
      SilentError        it may have been sent; there was no response in time

It follows no redirects, stores no cookies, decompresses nothing and adds no headers. A safe request
is retried once when its connection ends, because the service may have closed a keep-alive
connection. Other requests are never retried.
"""

import asyncio
from dataclasses import dataclass
from typing import Final, TypeAlias

import aiohttp
from yarl import URL

from gateway.settings import GatewaySettings

Headers: TypeAlias = list[tuple[str, str]]

_AUTOMATIC: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_STATUSES: Final = range(200, 600)


class UpstreamError(Exception):
    """A service returned no response, or an incomplete one."""


class UnreachableError(UpstreamError):
    """The request did not reach the service and was not executed."""


class BrokenOffError(UpstreamError):
    """The connection ended before the response was complete, or the response is not HTTP."""


class SilentError(UpstreamError):
    """The service did not respond in time."""


class Answer:
    """A response: status and headers; the body may still be arriving."""

    def __init__(self, response: aiohttp.ClientResponse, silence_seconds_max: float) -> None:
        self._response = response
        self._silence_seconds_max = silence_seconds_max
        self.status: Final = response.status
        self.headers: Final = response.raw_headers

    @property
    def is_complete(self) -> bool:
        """Whether the whole body was read."""
        return self._response.content.at_eof()

    async def read(self) -> bytes:
        """Return the available data of the body; wait for some. Raises UpstreamError."""
        content = self._response.content
        if content.is_eof():  # the whole body has arrived
            return content.read_nowait()
        try:
            # aiohttp 3.14 does not apply its own timeout when invalid HTTP follows.
            async with asyncio.timeout(self._silence_seconds_max):
                return await content.readany()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _explained(error) from error

    def close(self) -> None:
        """Release the connection. It is not reused when data is left unread."""
        self._response.close()


@dataclass(frozen=True, slots=True)
class Upstream:
    """One service: its name and its address without a path."""

    name: str
    origin: str
    session: aiohttp.ClientSession
    answer_seconds: float

    async def send(
        self, method: str, target: str, headers: Headers, body: bytes | None, *, is_safe: bool
    ) -> Answer:
        """Send a request and wait for the headers of the response. Raises UpstreamError."""
        try:
            return await self._send(method, target, headers, body)
        except BrokenOffError:
            if not is_safe:
                raise
        return await self._send(method, target, headers, body)

    async def _send(self, method: str, target: str, headers: Headers, body: bytes | None) -> Answer:
        url = URL(self.origin + target, encoded=True)
        response = await self.session.request(
            method, url, headers=headers, data=body, allow_redirects=False
        )
        if response.status not in _STATUSES:
            response.close()
            raise BrokenOffError(f"status {response.status}")
        return Answer(response, self.answer_seconds)


def open_session(settings: GatewaySettings) -> aiohttp.ClientSession:
    """Create the client. Connections are opened on demand."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0,
            limit_per_host=settings.upstream_connections_max,
            ssl=settings.upstream_tls() or True,
        ),
        timeout=aiohttp.ClientTimeout(
            total=None, connect=settings.connect_seconds, sock_read=settings.answer_seconds
        ),
        skip_auto_headers=_AUTOMATIC,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        middlewares=(_once,),
    )


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send a request once: aiohttp itself would retry PUT and DELETE after these errors."""
    try:
        return await handler(request)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise _explained(error) from error


def _explained(error: Exception) -> UpstreamError:
    text = f"{type(error).__name__}: {error}"
    match error:
        case aiohttp.ClientSSLError():
            return UnreachableError(f"{text}: check WAYBILL_UPSTREAM_CA and the certificates")
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return UnreachableError(text)
        case TimeoutError():
            return SilentError(text)
        case _:
            return BrokenOffError(text)
