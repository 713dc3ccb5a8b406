"""Requests to services over aiohttp, configured to send exactly what it is given, once.

    UpstreamError
      UnreachableError   the request was not sent: connection refused, all connections are busy, no
                         address is known, or the last requests have failed (see breaker.py)
      BrokenOffError     it may have been sent; the connection ended, or the response is not HTTP
      SilentError        it may have been sent; there was no response in time

It follows no redirects, stores no cookies, decompresses nothing and adds no headers.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import aiohttp
from yarl import URL

from waybill.calls.request_spans import begin_request
from waybill.calls.targets import Target

_AUTOMATIC: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_STATUSES: Final = range(200, 600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent; `path` has the query too."""

    method: str
    path: str
    headers: Sequence[tuple[str, str]]
    body: bytes | None


class UpstreamError(Exception):
    """A service returned no response, or an incomplete one."""


class UnreachableError(UpstreamError):
    """The request did not reach the service and was not executed."""


class BrokenOffError(UpstreamError):
    """The connection ended before the response was complete, or the response is not HTTP."""


class SilentError(UpstreamError):
    """The service did not respond in time."""


def open_session(
    *,
    tls: ssl.SSLContext | None,
    connections_max: int,
    connect_seconds: float,
    silence_seconds: float | None = None,
) -> aiohttp.ClientSession:
    """Create a client with a number of connections to each address, opened on demand.

    `silence_seconds` is the timeout without data from a service.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, limit_per_host=connections_max, ssl=tls or True),
        timeout=aiohttp.ClientTimeout(
            total=None, connect=connect_seconds, sock_read=silence_seconds
        ),
        skip_auto_headers=_AUTOMATIC,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        middlewares=(_once,),
    )


async def send(
    session: aiohttp.ClientSession, target: Target, request: Request
) -> aiohttp.ClientResponse:
    """Send a request once and wait for the headers of the response. Raises UpstreamError."""
    span = begin_request(target, request.method, request.path)
    if span is None:
        return await _send(session, target, request)
    with span:
        response = await _send(
            session, target, replace(request, headers=span.sent(request.headers))
        )
        span.status = response.status
    return response


async def _send(
    session: aiohttp.ClientSession, target: Target, request: Request
) -> aiohttp.ClientResponse:
    response = await session.request(
        request.method,
        URL(target.origin + request.path, encoded=True),
        headers=request.headers,
        data=request.body,
        allow_redirects=False,
        server_hostname=target.server_name,
    )
    if response.status not in _STATUSES:
        response.close()
        raise BrokenOffError(f"status {response.status}")
    return response


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send a request once: aiohttp itself would retry PUT and DELETE after these errors."""
    try:
        return await handler(request)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise explained(error) from error


def explained(error: Exception) -> UpstreamError:
    """Return what an error of aiohttp says about the request."""
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
