"""Errors as RFC 9457 problem details.

A problem is a value: a handler *returns* it, and the contract lists which ones an operation may
return. Problem types of a contract are generated as subclasses of `Problem`; those that only the
runtime returns are below. `contracts/shared/problems.yaml` is the registry of both.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final

import orjson
from pydantic import BaseModel

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:waybill:problem:"
RETRY_AFTER_SECONDS: Final = 1
"""Long enough for a database to restart, or for the first request with a key to end."""

_HEADER: Final = "header"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One kind of error; subclasses name status, slug and title and add the registry's fields.

    A field made with `metadata={"header": NAME}` is sent as that response header, every other one
    as a member of the JSON object.
    """

    status: ClassVar[int]
    slug: ClassVar[str]
    title: ClassVar[str]

    detail: str

    def headers(self) -> Iterator[tuple[str, str]]:
        """Yield the response headers of this problem (Allow, Retry-After ...)."""
        for each in fields(self):
            if name := each.metadata.get(_HEADER):
                yield name, str(getattr(self, each.name))

    def render(self, *, instance: str, trace_id: str) -> bytes:
        """Render the JSON object of RFC 9457, section 3; `instance` is the path of the request."""
        members: dict[str, Any] = {
            "type": TYPE_PREFIX + self.slug,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "trace_id": trace_id,
        }
        for each in fields(self):
            if each.name != "detail" and _HEADER not in each.metadata:
                members[each.name] = getattr(self, each.name)
        return orjson.dumps(members, default=_plain, option=orjson.OPT_UTC_Z)


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError


class ProblemError(Exception):
    """Ends a request with a problem. For the runtime; handlers return problems."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One thing wrong with what a client sent, and where: an RFC 6901 pointer into it."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedRequest(Problem):
    status: ClassVar[int] = 400
    slug: ClassVar[str] = "malformed-request"
    title: ClassVar[str] = "The request is malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKeyMissing(Problem):
    status: ClassVar[int] = 400
    slug: ClassVar[str] = "idempotency-key-missing"
    title: ClassVar[str] = "The request has no Idempotency-Key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unauthenticated(Problem):
    status: ClassVar[int] = 401
    slug: ClassVar[str] = "unauthenticated"
    title: ClassVar[str] = "The bearer token is missing or invalid"

    challenge: str = field(default="Bearer", metadata={_HEADER: "WWW-Authenticate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden(Problem):
    status: ClassVar[int] = 403
    slug: ClassVar[str] = "forbidden"
    title: ClassVar[str] = "The caller is not permitted to do this"

    challenge: str = field(default="Bearer", metadata={_HEADER: "WWW-Authenticate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound(Problem):
    status: ClassVar[int] = 404
    slug: ClassVar[str] = "not-found"
    title: ClassVar[str] = "No operation matches this path"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodNotAllowed(Problem):
    status: ClassVar[int] = 405
    slug: ClassVar[str] = "method-not-allowed"
    title: ClassVar[str] = "The path does not support this method"

    allow: str = field(metadata={_HEADER: "Allow"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTimeout(Problem):
    status: ClassVar[int] = 408
    slug: ClassVar[str] = "request-timeout"
    title: ClassVar[str] = "The request did not arrive in time"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKeyInUse(Problem):
    status: ClassVar[int] = 409
    slug: ClassVar[str] = "idempotency-key-in-use"
    title: ClassVar[str] = "The first request with this key is still running"

    retry_after_seconds: int = field(default=RETRY_AFTER_SECONDS, metadata={_HEADER: "Retry-After"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyTooLarge(Problem):
    status: ClassVar[int] = 413
    slug: ClassVar[str] = "body-too-large"
    title: ClassVar[str] = "The body is too large"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedMediaType(Problem):
    status: ClassVar[int] = 415
    slug: ClassVar[str] = "unsupported-media-type"
    title: ClassVar[str] = "The media type of the body is not supported"


@dataclass(frozen=True, slots=True, kw_only=True)
class MisdirectedRequest(Problem):
    status: ClassVar[int] = 421
    slug: ClassVar[str] = "misdirected-request"
    title: ClassVar[str] = "The request is for another host"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidBody(Problem):
    status: ClassVar[int] = 422
    slug: ClassVar[str] = "invalid-body"
    title: ClassVar[str] = "The body does not match the contract"

    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidParameters(Problem):
    status: ClassVar[int] = 422
    slug: ClassVar[str] = "invalid-parameters"
    title: ClassVar[str] = "A parameter does not match the contract"

    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKeyReused(Problem):
    status: ClassVar[int] = 422
    slug: ClassVar[str] = "idempotency-key-reused"
    title: ClassVar[str] = "The key was used for another request"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreconditionRequired(Problem):
    status: ClassVar[int] = 428
    slug: ClassVar[str] = "precondition-required"
    title: ClassVar[str] = "The request has no If-Match"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadTooLarge(Problem):
    status: ClassVar[int] = 431
    slug: ClassVar[str] = "head-too-large"
    title: ClassVar[str] = "The head of the request is too large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Internal(Problem):
    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "An internal error occurred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable(Problem):
    status: ClassVar[int] = 503
    slug: ClassVar[str] = "unavailable"
    title: ClassVar[str] = "The service is temporarily unavailable"

    retry_after_seconds: int = field(default=RETRY_AFTER_SECONDS, metadata={_HEADER: "Retry-After"})


RUNTIME_PROBLEMS: Final[tuple[type[Problem], ...]] = (
    MalformedRequest,
    IdempotencyKeyMissing,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    IdempotencyKeyInUse,
    BodyTooLarge,
    UnsupportedMediaType,
    MisdirectedRequest,
    InvalidBody,
    InvalidParameters,
    IdempotencyKeyReused,
    PreconditionRequired,
    HeadTooLarge,
    Internal,
    Unavailable,
)
"""The problems of the runtime: the registry's entries with `raised_by: runtime`."""
