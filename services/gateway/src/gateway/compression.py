"""Compresses answers for clients that accept it: JSON of at least a kilobyte, such as pages.

An answer with a strong ETag is sent as it is: compressed bytes would need another tag (RFC 9110,
8.8.1), and clients send the tag back in If-Match. These are single resources, and small. HTML is
not compressed here: a page may have a secret next to text that its client chose (BREACH).
"""

import re
import zlib
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

FROM_BYTES: Final = 1_024
"""A shorter answer fits into one packet anyway."""

_LEVEL: Final = 1
"""Some 100 MB of JSON a second, to a fifth of its size; higher levels take twice the time for a
tenth less."""
_GZIP: Final = 31
_TYPES: Final = (b"application/json", b"application/problem+json")
_ACCEPTED: Final = re.compile(rb"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))|,|$)")


class Compression:
    """A layer around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app: Final = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] != "HEAD" and _accepts_gzip(scope):
            send = _Compressed(send)
        await self._app(scope, receive, send)


class _Compressed:
    """Sends one response, compressed if it is worth it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._stream: zlib._Compress | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            fields: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
            if message["status"] == 200 and _is_worth_it(dict(fields)):
                self._stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
                kept = [each for each in fields if each[0] != b"content-length"]
                message = {**message, "headers": [*kept, (b"content-encoding", b"gzip")]}
        elif self._stream is not None:
            body = self._stream.compress(message.get("body", b""))
            if not message.get("more_body", False):
                body += self._stream.flush()
            message = {**message, "body": body}
        await self._send(message)


def _is_worth_it(fields: dict[bytes, bytes]) -> bool:
    etag = fields.get(b"etag", b"W/")
    return (
        fields.get(b"content-type", b"").partition(b";")[0] in _TYPES
        and int(fields.get(b"content-length", b"0")) >= FROM_BYTES
        and b"content-encoding" not in fields
        and b"no-transform" not in fields.get(b"cache-control", b"")
        and etag.startswith(b"W/")
    )


def _accepts_gzip(scope: Scope) -> bool:
    values = [value for name, value in scope["headers"] if name == b"accept-encoding"]
    return bool(values) and _ACCEPTED.search(b",".join(values).lower()) is not None
