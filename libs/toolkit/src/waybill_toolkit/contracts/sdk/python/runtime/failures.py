"""The errors of a client.

WaybillError
├── NoAnswerError           there was no response; the request may have been executed
├── TokenError              there is no access token; the request was not executed
├── UnexpectedAnswerError   the response does not match the contract
├── NotSettledError         the resource did not reach a final state in time
├── Refused                 the resource was refused; a subclass for each code
└── Problem                 an error response (RFC 9457); a subclass for each type
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from .response import Response
from .token_endpoint import TokenFailure


@dataclass(frozen=True, slots=True)
class Context:
    """The request of an error, and its response; None when there was none."""

    method: str
    path: str
    idempotency_key: str | None
    attempts: int
    response: Response | None


class WaybillError(Exception):
    """The base class of all errors of this package."""

    def __init__(self, reason: str, context: Context) -> None:
        super().__init__(reason)
        self.reason = reason
        self.method = context.method
        self.path = context.path
        self.idempotency_key = context.idempotency_key
        """The key of the request, if it had one: a repetition with it is executed once."""
        self.attempts = context.attempts
        response = context.response
        self.status = response.status if response else None
        """The status of the response; None when there was none."""
        self.headers: Mapping[str, str] = response.headers if response else {}
        self.body = response.body if response else b""
        self.trace_id = response.trace_id if response else None
        """The trace id of the request in the logs."""

    @override
    def __str__(self) -> str:
        return f"{self.reason} ({', '.join(self._facts())})"

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the attributes, as the constructors take others."""
        return type(self).__new__, (type(self), *self.args), vars(self)

    def _facts(self) -> Iterator[str]:
        yield f"{self.method} {self.path}"
        if self.status is not None:
            yield f"status {self.status}"
        if self.idempotency_key:
            yield f"Idempotency-Key {self.idempotency_key}"
        if self.trace_id:
            yield f"trace id {self.trace_id}"


class NoAnswerError(WaybillError):
    """There was no response, for the reason in `__cause__`. The request may have been executed.

    To repeat it, also in another run of the program, use the same `idempotency_key`.
    """


class TokenError(WaybillError):
    """No access token was fetched with the client credentials. The request was not executed.

    `code` is the error code of the token endpoint, such as `invalid_client`; empty without one.
    """

    def __init__(self, failure: TokenFailure, context: Context) -> None:
        super().__init__(failure.reason, context)
        self.code = failure.code
        self.__cause__ = failure.__cause__


class UnexpectedAnswerError(WaybillError):
    """The response does not match the contract, such as an error page of a proxy.

    A request with a success status was executed. To repeat it, use the same `idempotency_key`.
    """


class NotSettledError(WaybillError):
    """The resource did not reach a final state in time. `last` is its last known state."""

    def __init__(self, last: object, status: str, context: Context) -> None:
        super().__init__(f"still {status}", context)
        self.last = last


class Refused(WaybillError):  # noqa: N818 (named after the event)
    """The resource was refused. One that is refused with an unknown code has no subclass."""

    def __init__(self, last: object, code: str, detail: str, context: Context) -> None:
        super().__init__(f"{code}: {detail}", context)
        self.last = last
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Fault:
    """One invalid value. `pointer` is its location: /lines/0/quantity, /query/limit."""

    pointer: str
    code: str
    detail: str


class Problem(WaybillError):  # noqa: N818 (named after the event)
    """An error response of the API.

    A problem of an unknown type, or with other fields than its type has, is an instance of this
    class. `document` has all fields. Texts that the problem does not have are empty.
    """

    uri: ClassVar[str] = "about:blank"
    usual_status: ClassVar[int] = 500
    fields: ClassVar[Mapping[str, type | tuple[type, ...]]] = {}
    """The additional fields of this type; each is an attribute."""

    def __init__(
        self, document: Mapping[str, Any], retry_after: float | None, context: Context
    ) -> None:
        self.document = document
        self.type = _text(document, "type") or "about:blank"
        self.title = _text(document, "title")
        self.detail = _text(document, "detail")
        self.instance = _text(document, "instance")
        texts = filter(None, (self.title, self.detail))
        super().__init__(": ".join(texts) or "error response", context)
        self.trace_id = _text(document, "trace_id") or self.trace_id
        self.errors: Sequence[Fault] = _faults(document)
        """One entry for each invalid value."""
        self.retry_after_seconds = retry_after
        for name in self.fields:
            setattr(self, name, document[name])

    @classmethod
    def fits(cls, document: Mapping[str, Any]) -> bool:
        """Return whether a document has the additional fields of this type."""
        return all(isinstance(document.get(name), kind) for name, kind in cls.fields.items())

    @override
    def _facts(self) -> Iterator[str]:
        yield f"type {self.type}"
        yield from super()._facts()


def read_problem(
    document: object,
    retry_after: float | None,
    types: Mapping[str, type[Problem]],
    context: Context,
) -> Problem | None:
    """Return the error for a problem document; None when it is not a problem."""
    if not isinstance(document, dict) or not isinstance(document.get("type"), str):
        return None
    known = types.get(document["type"], Problem)
    fitting = known if known.fits(document) else Problem
    return fitting(document, retry_after, context)


def _text(document: Mapping[str, Any], name: str) -> str:
    found = document.get(name)
    return found if isinstance(found, str) else ""


def _faults(document: Mapping[str, Any]) -> list[Fault]:
    found = document.get("errors")
    return [
        Fault(_text(each, "pointer"), _text(each, "code"), _text(each, "detail"))
        for each in (found if isinstance(found, list) else ())
        if isinstance(each, dict)
    ]
