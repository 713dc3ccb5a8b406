"""The description of an operation, and one request to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
from pydantic_core import to_json

from .model import SENT
from .options import DEFAULTS, CallOptions

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
    headers: httpx.Headers
    content: bytes | None
    timeout_seconds: float | None

    @property
    def idempotency_key(self) -> str | None:
        key: str | None = self.headers.get(KEY)
        return key


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments of a call. A parameter that is None is omitted."""

    path: Mapping[str, object] = field(default_factory=dict)
    query: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, object] = field(default_factory=dict)
    body: object = None
    idempotency_key: str | None = None
    options: CallOptions = DEFAULTS


def request(operation: Operation[object], given: Given) -> Request:
    """Create a request, with a new Idempotency-Key if the operation needs one."""
    headers = httpx.Headers(dict(given.options.headers))
    headers.update({name: _text(each) for name, each in given.headers.items() if each is not None})
    if operation.is_idempotent:
        headers[KEY] = given.idempotency_key or headers.get(KEY) or str(uuid4())
    content = None
    if given.body is not None:
        content = to_json(given.body, by_alias=True, context=SENT)
        headers["Content-Type"] = "application/json"
    return Request(
        method=operation.method,
        path=path_of(operation, given),
        query=tuple((name, text) for name, each in given.query.items() for text in _texts(each)),
        headers=headers,
        content=content,
        timeout_seconds=given.options.timeout_seconds,
    )


def path_of(operation: Operation[object], given: Given) -> str:
    """Return the path with its parameters."""
    values = {name: quote(_text(each), safe="") for name, each in given.path.items()}
    return operation.path.format(**values)


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    return [_text(each) for each in value] if isinstance(value, list | tuple) else [_text(value)]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)
