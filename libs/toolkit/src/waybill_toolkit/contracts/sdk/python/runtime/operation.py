"""The description of an operation, and one request to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

from pydantic_core import to_json

KEY: Final = "Idempotency-Key"

A_co = TypeVar("A_co", covariant=True)


@dataclass(frozen=True)
class Operation(Generic[A_co]):
    """One operation of the contract. `A_co` is its result."""

    method: str
    path: str
    answers: Mapping[int, Any]
    """The type of the body by status; None for no body."""
    is_idempotent: bool = False
    """Whether it takes an Idempotency-Key."""
    is_repeatable: bool = False
    """Whether it can be retried when the outcome is unknown."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request. Retries send it unchanged, with the same Idempotency-Key."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments of a call. A parameter that is None is omitted."""

    path: Mapping[str, object] = field(default_factory=dict)
    query: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, object] = field(default_factory=dict)
    body: object = None
    idempotency_key: str | None = None


def request(operation: Operation[object], given: Given) -> Request:
    """Create a request, with a new Idempotency-Key if the operation needs one."""
    headers = {name: _text(each) for name, each in given.headers.items() if each is not None}
    if operation.is_idempotent:
        headers[KEY] = given.idempotency_key or str(uuid4())
    content = None
    if given.body is not None:
        content = to_json(given.body, by_alias=True)
        headers["Content-Type"] = "application/json"
    path = {name: quote(_text(each), safe="") for name, each in given.path.items()}
    return Request(
        method=operation.method,
        path=operation.path.format(**path),
        query=tuple((name, text) for name, each in given.query.items() for text in _texts(each)),
        headers=headers,
        content=content,
    )


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    return [_text(each) for each in value] if isinstance(value, list | tuple) else [_text(value)]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)
