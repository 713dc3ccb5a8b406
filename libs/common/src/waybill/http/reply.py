"""Responses: a status, headers and bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import quote

from starlette.types import Receive, Scope, Send

from waybill import trace
from waybill.http.problems import MEDIA_TYPE, Problem

JSON: Final = "application/json"
HTML: Final = "text/html; charset=utf-8"
EVENTS: Final = "text/event-stream; charset=utf-8"

Headers: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole response. Content-Length is added when it is sent, X-Trace-Id around it."""

    status: int
    headers: Headers
    body: bytes = b""

    async def answer(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it to the client of a request."""
        await self.send(send)

    async def send(self, send: Send) -> None:
        """Send it over ASGI."""
        headers = encoded(self.headers)
        if self.body or self.status not in (204, 304):  # RFC 9110, 8.6
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Write headers for ASGI."""
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]


class ReplayedAnswerError(Exception):
    """Carries a stored answer to the endpoint, past the handler, which does not run again."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


def problem_reply(problem: Problem, scope: Scope) -> Reply:
    """Return the problem+json reply to the request in `scope`."""
    body = problem.render(instance=_path(scope), trace_id=trace.of(scope).trace_id)
    return Reply(problem.status, (*problem.headers(), ("content-type", MEDIA_TYPE)), body)


def _path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"]) if raw is None else raw.decode("ascii", "replace")
