"""Renders the answers that a contract declares."""

from collections.abc import Callable, Container, Iterable
from dataclasses import fields
from typing import Any, Final, get_type_hints

from pydantic import TypeAdapter

from waybill.http.contract import Answer
from waybill.http.html import PAGE_HEADERS
from waybill.http.problems import Problem
from waybill.http.reply import HTML, JSON, Headers, Reply
from waybill.http.streaming import STREAM_HEADERS, StreamReply

_EVENTS: Final = "text/event-stream"
_PAGE: Final = "text/html"
_REDIRECTS: Final = frozenset({302, 303})


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

    def require_declared(self, problem: Problem) -> None:
        """Raise UndeclaredAnswerError for a problem that the handler may not return."""
        if type(problem) not in self._problems:
            raise UndeclaredAnswerError(problem)


class UndeclaredAnswerError(Exception):
    """A handler returned an answer that its contract does not declare."""

    def __init__(self, answer: object) -> None:
        super().__init__(f"the contract declares no answer {type(answer).__qualname__}")


class _Form:
    """Renders one answer class."""

    def __init__(self, kind: type[Answer]) -> None:
        types = get_type_hints(kind, include_extras=True)
        self._status = kind.status
        self._render_body = _body_renderer(kind.media_type, types.get("body"))
        self._headers = tuple(
            (each.name, each.name.replace("_", "-")) for each in fields(kind) if each.name != "body"
        )
        self._always = _headers_always(kind, {name for _, name in self._headers})

    def render(self, answer: Any) -> Reply:  # noqa: ANN401 (each class has its own fields)
        headers = [
            (header, _field_value(each))
            for name, header in self._headers
            if (value := getattr(answer, name)) is not None
            for each in (value if isinstance(value, list) else (value,))
        ]
        return self._render_body(answer, self._status, (*headers, *self._always))


def _headers_always(kind: type[Answer], own: Container[str]) -> tuple[tuple[str, str], ...]:
    """Return the headers of every answer of a class, without those that it has as fields."""
    if kind.media_type == _PAGE or kind.status in _REDIRECTS:
        return tuple(each for each in PAGE_HEADERS if each[0] not in own)
    return ()


def _field_value(value: object) -> str:
    """Write a header field. Raises ValueError for what would end it, or is not Latin-1."""
    text = str(value)
    if not text.isprintable() or not text.isascii():
        message = "a header field has printable ASCII characters only"
        raise ValueError(message)
    return text


def _body_renderer(media_type: str, body: Any) -> Callable[[Any, int, Headers], Reply]:  # noqa: ANN401 (any type)
    if body is None:
        return lambda _, status, headers: Reply(status, headers)
    if media_type == _PAGE:
        content = ("content-type", HTML)
        return lambda answer, status, headers: Reply(
            status, (*headers, content), answer.body.encode()
        )
    if media_type == _EVENTS:
        return lambda answer, status, headers: StreamReply(
            status, (*headers, *STREAM_HEADERS), chunks=answer.body
        )
    serializer = TypeAdapter(body).serializer
    return lambda answer, status, headers: Reply(
        status,
        (*headers, ("content-type", JSON)),
        serializer.to_json(answer.body, by_alias=True),
    )
