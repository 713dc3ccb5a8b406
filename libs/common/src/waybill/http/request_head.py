"""What the head of a request must be, before an application sees it, and how others are refused.

Each function `check_...` raises ProblemError.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias
from urllib.parse import quote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from waybill import trace
from waybill.http.metrics import LIMIT_REFUSALS
from waybill.http.problems import (
    MEDIA_TYPE,
    HeadTooLarge,
    MalformedRequest,
    Problem,
    ProblemError,
)

Fields: TypeAlias = Sequence[tuple[bytes, bytes]]
"""Header fields; names are in lower case."""

HEAD_BYTES_MAX: Final = 65_536
"""Eight times what browsers and common proxies accept; a bearer token has a few thousand bytes."""

CHECKED_FIELDS: Final = frozenset({b"host", b"transfer-encoding", b"expect"})

_IN_PATHS: Final = "/%:@!$&'()*+,;=~"

_log = logging.getLogger(__name__)


def check_field(name: bytes, value: bytes, before: Fields) -> None:
    """Check one of CHECKED_FIELDS; `before` are the fields before it."""
    if name == b"host" and _has(before, name):
        raise _malformed("The request has two Host headers; send one.")
    if name == b"transfer-encoding" and (value.lower() != b"chunked" or _has(before, name)):
        raise _malformed("The only Transfer-Encoding that is supported is chunked.")


def check_version(version: str, fields: Fields) -> None:
    """Check the version, and the fields that each version requires or forbids."""
    if version not in ("1.1", "1.0"):
        raise _malformed("The version of HTTP is not supported; send HTTP/1.1.")
    if version == "1.1" and not _has(fields, b"host"):
        raise _malformed("The request has no Host header.")
    if version == "1.0" and _has(fields, b"transfer-encoding"):
        raise _malformed("A request with Transfer-Encoding must be HTTP/1.1.")


def check_method(method: bytes) -> None:
    """Check the method of a request to upgrade to a protocol that is not served."""
    if method == b"CONNECT":
        raise _malformed("The method CONNECT is not supported.")


def check_size(target: bytes, fields: Fields) -> None:
    """Check the number of bytes of a complete head."""
    size = len(target) + sum(len(name) + len(value) + 4 for name, value in fields)
    if size > HEAD_BYTES_MAX:
        raise ProblemError(head_too_large())


def without_upgrade(parsed: httptools.HttpRequestParser, target: bytes, fields: Fields) -> bytes:
    """Return the same head without Upgrade."""
    version = parsed.get_http_version().encode()
    lines = [b"%b %b HTTP/%b" % (parsed.get_method(), target, version)]
    lines += [b"%b: %b" % each for each in fields if each[0] != b"upgrade"]
    return b"\r\n".join([*lines, b"", b""])


def head_too_large() -> HeadTooLarge:
    """Return the problem of a head with too many bytes."""
    return HeadTooLarge(detail=f"The head of a request may have {HEAD_BYTES_MAX} bytes at most.")


def problem_of(error: httptools.HttpParserError) -> Problem:
    """Return the problem of a request that the parser, or a check, has refused."""
    if isinstance(error.__context__, ProblemError):
        return error.__context__.problem
    if isinstance(error, httptools.HttpParserCallbackError):
        return MalformedRequest(detail="The target of the request is not valid.")
    return MalformedRequest(detail=f"The request is not valid HTTP/1.1: {error}.")


def refusal(problem: Problem, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Log a refused request; return the whole response, with these headers in addition."""
    LIMIT_REFUSALS.labels(str(problem.status)).inc()
    context = trace.begin()
    token = trace.enter(context)
    try:
        _log.info("refused a request: %s %s", problem.status, problem.detail)
    finally:
        trace.leave(token)
    path = quote(target.partition(b"?")[0], safe=_IN_PATHS) or "/"
    body = problem.render(instance=path, trace_id=context.trace_id)
    sent = [
        *headers,
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"x-trace-id", context.trace_id.encode()),
        (b"connection", b"close"),
    ]
    lines = b"".join(b"%b: %b\r\n" % each for each in sent)
    return STATUS_LINE[problem.status] + lines + b"\r\n" + body


def _has(fields: Fields, name: bytes) -> bool:
    return any(each == name for each, _ in fields)


def _malformed(detail: str) -> ProblemError:
    return ProblemError(MalformedRequest(detail=detail))
