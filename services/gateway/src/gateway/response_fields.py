"""Header fields of every response of the gateway, and those for pages of other origins (CORS).

A page of another origin may read responses only if the settings name its origin. Callers are known
by a token that the page itself sends, not by cookies, so credentials are never allowed.
"""

from collections.abc import Collection
from typing import Final, TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.client_addresses import ClientAddresses

Field: TypeAlias = tuple[bytes, bytes]

_ALWAYS: Final[tuple[Field, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    # For responses without a policy of their own. They are data, which no page may show in a frame.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_READABLE: Final = (
    b"ETag, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Trace-Id"
)
_ALLOWED: Final = (
    b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID,"
    b" traceparent, tracestate"
)
_PREFLIGHT_SECONDS: Final = b"600"


class ResponseFields:
    """A layer around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        addresses: ClientAddresses,
        cors_origins: Collection[str],
        hsts_seconds: int,
    ) -> None:
        self._app: Final = app
        self._addresses: Final = addresses
        self._origins: Final = frozenset(each.encode("latin-1") for each in cors_origins)
        self._vary: Final = b"accept-encoding, origin" if cors_origins else b"accept-encoding"
        self._hsts: Final = (b"strict-transport-security", b"max-age=%d" % hsts_seconds)
        self._has_hsts: Final = hsts_seconds > 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        defaults = _ALWAYS
        if self._has_hsts and self._addresses.is_https(scope):
            defaults = (*defaults, self._hsts)
        origin = self._allowed_origin(scope) if self._origins else None

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields: list[Field] = list(message.get("headers", ()))
                names = {name for name, _ in fields}
                fields += [each for each in defaults if each[0] not in names]
                fields.append((b"vary", self._vary))
                if origin is not None:
                    fields += _for_origin(origin, scope, fields)
                message["headers"] = fields
            await send(message)

        await self._app(scope, receive, send_with_fields)

    def _allowed_origin(self, scope: Scope) -> bytes | None:
        found = [value for name, value in scope["headers"] if name == b"origin"]
        return found[0] if len(found) == 1 and found[0] in self._origins else None


def _for_origin(origin: bytes, scope: Scope, fields: list[Field]) -> list[Field]:
    """Return what lets a page of this origin read the response, or send the request it asks for."""
    added = [
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", _READABLE),
    ]
    if scope["method"] == "OPTIONS":
        methods = [value for name, value in fields if name == b"allow"]
        added += [
            *((b"access-control-allow-methods", each) for each in methods),
            (b"access-control-allow-headers", _ALLOWED),
            (b"access-control-max-age", _PREFLIGHT_SECONDS),
        ]
    return added
