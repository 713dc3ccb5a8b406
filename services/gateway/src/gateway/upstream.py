"""The services as the gateway reaches them: aiohttp's client, told to be a pipe and no more.

    UpstreamError
      UnreachableError   the request never got there: nobody listens, or all connections are taken
      BrokenOffError     it may have got there; the connection ended, or what came was no HTTP
      SilentError        it may have got there; no answer came in time

It follows no redirects, keeps no cookies, unpacks nothing and adds no headers of its own. A request
that only reads is sent once more when its connection breaks off: a kept-alive one may just have
been closed by the other end. No other request is ever sent twice.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import aiohttp
from yarl import URL

from gateway.settings import GatewaySettings

Headers: TypeAlias = list[tuple[str, str]]
Body: TypeAlias = bytes | AsyncIterator[bytes] | None

_AUTOMATIC: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_STATUSES: Final = range(200, 600)


class UpstreamError(Exception):
    """A service gave no answer, or not all of it."""


class UnreachableError(UpstreamError):
    """The request did not reach the service: nothing was done."""


class BrokenOffError(UpstreamError):
    """The connection ended before the answer was complete, or something else than HTTP came."""


class SilentError(UpstreamError):
    """The service did not answer in time."""


class Answer:
    """A service's answer: status and headers, while the body may still be on its way."""

    def __init__(self, response: aiohttp.ClientResponse, silence_seconds_max: float) -> None:
        self._response = response
        self._silence_seconds_max = silence_seconds_max
        self.status: Final = response.status
        self.headers: Final = response.raw_headers

    @property
    def is_complete(self) -> bool:
        """Whether all of the body was read."""
        return self._response.content.at_eof()

    async def read(self) -> bytes:
        """Give what has come of the body; wait when that is nothing. Raises UpstreamError."""
        content = self._response.content
        if content.is_eof():  # all of it is here
            return content.read_nowait()
        try:
            # aiohttp has this limit too, but forgets it (3.14) when what follows is no HTTP.
            async with asyncio.timeout(self._silence_seconds_max):
                return await content.readany()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _explained(error) from error

    def close(self) -> None:
        """Be done with it. A connection on which something is left unread is not used again."""
        self._response.close()


@dataclass(frozen=True, slots=True)
class Upstream:
    """One service: its name, and its address without a path."""

    name: str
    origin: str
    session: aiohttp.ClientSession
    answer_seconds: float

    async def send(
        self, method: str, target: str, headers: Headers, body: Body, *, is_safe: bool
    ) -> Answer:
        """Send a request and wait for the head of its answer. Raises UpstreamError."""
        try:
            return await self._send(method, target, headers, body)
        except BrokenOffError:
            if not is_safe:
                raise
        return await self._send(method, target, headers, body)

    async def _send(self, method: str, target: str, headers: Headers, body: Body) -> Answer:
        url = URL(self.origin + target, encoded=True)
        response = await self.session.request(
            method, url, headers=headers, data=body, allow_redirects=False
        )
        if response.status not in _STATUSES:
            response.close()
            raise BrokenOffError(f"status {response.status}")
        return Answer(response, self.answer_seconds)


def open_session(settings: GatewaySettings) -> aiohttp.ClientSession:
    """Make the client. Connections are opened when they are needed."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, limit_per_host=settings.upstream_connections_max),
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
    """Send a request once: aiohttp itself would repeat PUT and DELETE, by these errors."""
    try:
        return await handler(request)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise _explained(error) from error


def _explained(error: Exception) -> UpstreamError:
    text = f"{type(error).__name__}: {error}"
    match error:
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return UnreachableError(text)
        case TimeoutError():
            return SilentError(text)
        case _:
            return BrokenOffError(text)
