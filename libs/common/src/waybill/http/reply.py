"""Responses: a status, headers and bytes, rendered from an answer or a problem."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Final, get_type_hints
from urllib.parse import quote

from pydantic import TypeAdapter
from starlette.types import Scope, Send

from waybill import trace
from waybill.http.contract import Answer
from waybill.http.problems import MEDIA_TYPE, Problem

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole response. Content-Length is added when it is sent, X-Trace-Id around it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    async def send(self, send: Send) -> None:
        """Send it over ASGI."""
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers]
        if self.body or self.status not in (204, 304):  # RFC 9110, 8.6
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class ReplayedAnswerError(Exception):
    """Carries a stored answer to the endpoint, past the handler, which does not run again."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


class Renderer:
    """Renders the answers of one operation; serializers are built at start-up.

    Raises pydantic's schema errors for a body type that cannot be serialized.
    """

    def __init__(self, answers: Iterable[type[Answer] | type[Problem]]) -> None:
        declared = tuple(answers)
        self._forms = {kind: _Form(kind) for kind in declared if issubclass(kind, Answer)}
        self._problems = frozenset(kind for kind in declared if issubclass(kind, Problem))

    def render(self, answer: Answer) -> Reply:
        """Serialize a success answer. Raises UndeclaredAnswerError."""
        form = self._forms.get(type(answer))
        if form is None:
            raise UndeclaredAnswerError(answer)
        return form.render(answer)

    def render_problem(self, problem: Problem, scope: Scope) -> Reply:
        """Serialize a problem that a handler returned. Raises UndeclaredAnswerError."""
        if type(problem) not in self._problems:
            raise UndeclaredAnswerError(problem)
        return problem_reply(problem, scope)


class UndeclaredAnswerError(Exception):
    """A handler returned an answer that its contract does not declare."""

    def __init__(self, answer: object) -> None:
        super().__init__(f"the contract declares no answer {type(answer).__qualname__}")


class _Form:
    """Renders one answer class."""

    def __init__(self, kind: type[Answer]) -> None:
        types = get_type_hints(kind, include_extras=True)
        self._status = kind.status
        self._body = TypeAdapter(types["body"]).serializer if "body" in types else None
        self._headers = tuple(
            (each.name, each.name.replace("_", "-")) for each in fields(kind) if each.name != "body"
        )

    def render(self, answer: Any) -> Reply:  # noqa: ANN401 (each class has its own fields)
        headers = [
            (header, str(value))
            for name, header in self._headers
            if (value := getattr(answer, name)) is not None
        ]
        if self._body is None:
            return Reply(self._status, tuple(headers))
        headers.append(("content-type", JSON))
        return Reply(self._status, tuple(headers), self._body.to_json(answer.body, by_alias=True))


def problem_reply(problem: Problem, scope: Scope) -> Reply:
    """Return the problem+json reply to the request in `scope`."""
    body = problem.render(instance=_path(scope), trace_id=trace.of(scope).trace_id)
    return Reply(problem.status, (*problem.headers(), ("content-type", MEDIA_TYPE)), body)


def _path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"]) if raw is None else raw.decode("ascii", "replace")
