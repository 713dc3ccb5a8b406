"""The types that generated code uses to declare a contract, in `contract/api.py`."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, TypeAlias

from waybill.http.problems import Problem

Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Place: TypeAlias = Literal["path", "query", "header", "cookie"]
ErrorForm: TypeAlias = Literal["problem", "oauth", "html"]
Stream: TypeAlias = AsyncIterator[bytes | str]
"""The body of an answer of `text/event-stream`: events as text, each with its empty line."""

BODY_LIMIT_BYTES: Final = 64 * 1024
"""The default limit: some forty times the largest example body of the contracts."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One success answer that a contract declares, with a fixed status.

    A subclass sets `status` and has the field `body` when the contract declares content; every
    other field is a response header: `location` is sent as Location, `etag` as ETag,
    `retry_after` as Retry-After. A header field that is None is not sent, a list is sent as one
    header for each item. `media_type` is that of the body, which is the text itself for a page and
    a `Stream` for events.
    """

    status: ClassVar[int]
    media_type: ClassVar[str] = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One path, query, header or cookie parameter.

    `name` is the contract's (`If-Match`), `argument` the handler's keyword (`if_match`). `type` is
    anything pydantic can validate, constraints included. Not required and absent: the handler
    gets `default`. With `many` the type is a list and a query parameter may be repeated.
    """

    name: str
    place: Place
    argument: str
    type: Any
    required: bool = False
    default: Any = None
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRule:
    """Who may reach the resources of an operation: see ownership.py.

    `field` names the owner in requests and answers, and the caller's claim. Callers with the scope
    `everybody` reach all of them. `place` is where a request names the owner: in its body, in a
    query parameter, or only by the resource that it asks for.
    """

    field: str
    everybody: str
    place: Literal["body", "query", "resource"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a contract: all that the runtime needs to serve it.

    `id` names the method of the generated interface. `scopes` are all needed; empty: any known
    caller; None: public. `body` is the type of the body, None when the operation has none; with
    `form` the body is a form, otherwise JSON. `answers` are the success answers and the problems
    that the handler may return; `errors` is the form of all its problems, see error_forms.py. With
    `basic` the handler gets the `Credentials` of a client, or None if they are optional and absent.
    With `ignores_unknown` a query may have parameters that the contract does not name. `owner`
    restricts callers to their own resources. `tags` group operations in tools; they change nothing
    else.
    """

    id: str
    method: Method
    path: str
    answers: tuple[type[Answer] | type[Problem], ...]
    scopes: tuple[str, ...] | None = ()
    idempotent: bool = False
    body: Any = None
    form: bool = False
    body_limit_bytes: int = BODY_LIMIT_BYTES
    parameters: tuple[Parameter, ...] = ()
    ignores_unknown: bool = False
    owner: OwnerRule | None = None
    errors: ErrorForm = "problem"
    basic: Literal["required", "optional"] | None = None
    tags: tuple[str, ...] = ()
