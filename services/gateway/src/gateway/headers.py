"""Selects the header fields to forward: all except hop-by-hop fields and names of callers.

RFC 9110, 7.6.1: connection-specific fields, and those that Connection names, must not be forwarded.
"""

from collections.abc import Iterable
from typing import Final, TypeAlias

from waybill import trace
from waybill.http.problems import MalformedRequest, ProblemError

RawHeaders: TypeAlias = Iterable[tuple[bytes, bytes]]

_VIA: Final = ("via", "1.1 waybill")

_HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_ABOUT_THE_CALLER: Final = (
    b"forwarded",
    b"remote-user",
    b"x-auth-",
    b"x-authenticated",
    b"x-client-cert",
    b"x-consumer",
    b"x-forwarded",
    b"x-real-ip",
    b"x-remote-",
    b"x-scope",
    b"x-user",
)
"""Beginnings of fields by which other gateways say who a caller is. Here only the token does; a
service must not believe what a client writes into them."""

_NOT_TO_SERVICES: Final = _HOP_BY_HOP | {
    b"content-length",  # set again when there is a body
    b"expect",  # handled here
    b"host",
    b"traceparent",
}
_NOT_TO_CLIENTS: Final = _HOP_BY_HOP | {
    b"date",  # these two are set here, for every response
    b"x-trace-id",
}
_WITHOUT_CONTENT: Final = frozenset({204, 304})


def to_service(headers: RawHeaders, context: trace.TraceContext) -> list[tuple[str, str]]:
    """Return the fields of a request for a service, with the trace context.

    Raises ProblemError for a value that is not UTF-8, which could not be forwarded unchanged.
    """
    dropped = _NOT_TO_SERVICES | _named_by_connection(headers)
    if not _continues(headers):
        dropped |= {b"tracestate"}  # W3C Trace Context, 3.3: invalid without a traceparent
    try:
        kept = [
            (name.decode(), value.decode())
            for name, value in headers
            if name not in dropped and not name.startswith(_ABOUT_THE_CALLER)
        ]
    except UnicodeDecodeError:
        raise ProblemError(MalformedRequest(detail="A header value is not UTF-8.")) from None
    return [*kept, ("traceparent", context.traceparent), _VIA]


def to_client(headers: RawHeaders, status: int) -> list[tuple[bytes, bytes]]:
    """Return the fields of a service's response for the client, with names in lower case."""
    small = [(name.lower(), value) for name, value in headers]
    dropped = _NOT_TO_CLIENTS | _named_by_connection(small)
    if status in _WITHOUT_CONTENT:
        dropped |= {b"content-length"}  # there is no body
    return [each for each in small if each[0] not in dropped]


def _named_by_connection(headers: RawHeaders) -> frozenset[bytes]:
    return frozenset(
        option.strip().lower()
        for name, value in headers
        if name == b"connection"
        for option in value.split(b",")
    )


def _continues(headers: RawHeaders) -> bool:
    return any(
        name == b"traceparent" and trace.parse(value.decode("latin-1")) is not None
        for name, value in headers
    )
