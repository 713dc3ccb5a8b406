"""`Prefer: code=404` (RFC 7240) selects one of the declared responses.

`code` is a status, `example` the name of an example or of a problem: `example=order-not-found`.
Other preferences are ignored, as the RFC requires.
"""

import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_ITEM: Final = re.compile(r'\s*(code|example)\s*=\s*"?([\w.-]*)"?\s*', re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Preference:
    """The selected response. An empty text selects the first one."""

    code: str = ""
    example: str = ""

    @classmethod
    def read(cls, *headers: str) -> "Preference":
        """Parse the Prefer headers of a request; the first value of a preference counts."""
        found: dict[str, str] = {}
        for item in re.split("[,;]", ",".join(headers)):
            if match := _ITEM.fullmatch(item):
                found.setdefault(match[1].lower(), match[2])
        return cls(**found)

    def fits(self, status: int, name: str) -> bool:
        return self.code in ("", str(status)) and self.example in ("", name)


WANTED: Final[ContextVar[Preference]] = ContextVar("wanted")
"""The preference of the current request. Handlers get only the headers of their contract."""


class Preferring:
    """ASGI middleware that parses the Prefer headers of each request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope.get("headers", ())
        preferences = [value.decode("latin-1") for name, value in headers if name == b"prefer"]
        token = WANTED.set(Preference.read(*preferences))
        try:
            await self._app(scope, receive, send)
        finally:
            WANTED.reset(token)
