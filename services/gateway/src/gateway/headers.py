"""Which header fields go on: those that are meant for the other end, not for this connection.

RFC 9110, 7.6.1: a field that belongs to one connection must not be passed on, and neither must the
fields that Connection names.
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
_NOT_TO_SERVICES: Final = _HOP_BY_HOP | {
    b"content-length",  # set anew when there is a body
    b"expect",  # answered here
    b"host",
    b"traceparent",
}
_NOT_TO_CLIENTS: Final = _HOP_BY_HOP | {
    b"date",  # these two are set here, for every answer
    b"x-trace-id",
}
_WITHOUT_CONTENT: Final = frozenset({204, 304})


def to_service(headers: RawHeaders, context: trace.TraceContext) -> list[tuple[str, str]]:
    """Give the fields of a request to a service, with the trace that it is part of.

    Raises ProblemError for a value that is no UTF-8: it could not be passed on as it is.
    """
    dropped = _NOT_TO_SERVICES | _named_by_connection(headers)
    if not _continues(headers):
        dropped |= {b"tracestate"}  # W3C Trace Context, 3.3: it is void without a traceparent
    try:
        kept = [(name.decode(), value.decode()) for name, value in headers if name not in dropped]
    except UnicodeDecodeError:
        raise ProblemError(MalformedRequest(detail="A header is no UTF-8.")) from None
    return [*kept, ("traceparent", context.traceparent), _VIA]


def to_client(headers: RawHeaders, status: int) -> list[tuple[bytes, bytes]]:
    """Give the fields of a service's answer to the client; their names are in small letters."""
    small = [(name.lower(), value) for name, value in headers]
    dropped = _NOT_TO_CLIENTS | _named_by_connection(small)
    if status in _WITHOUT_CONTENT:
        dropped |= {b"content-length"}  # it would promise a body
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
