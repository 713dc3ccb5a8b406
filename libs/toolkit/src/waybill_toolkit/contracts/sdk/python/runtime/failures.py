"""The errors of a client.

WaybillError
├── NoAnswerError           there was no response; the request may have been executed
├── UnexpectedAnswerError   the response does not match the contract
├── NotSettledError         the resource did not reach a final state in time
├── Refused                 the resource was refused; a subclass for each code
└── Problem                 an error response (RFC 9457); a subclass for each type
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

_MEMBERS: Final = ("type", "title", "detail", "instance", "trace_id")


class WaybillError(Exception):
    """The base class of all errors of this package."""


class NoAnswerError(WaybillError):
    """There was no response, for the reason in `__cause__`. The request may have been executed.

    To retry it in another run of the program, use the same `idempotency_key`, if there is one.
    """

    def __init__(self, reason: str, idempotency_key: str | None) -> None:
        super().__init__(reason)
        self.idempotency_key = idempotency_key


class UnexpectedAnswerError(WaybillError):
    """The response does not match the contract, such as an error page of a proxy."""

    def __init__(self, status: int, body: bytes, reason: str) -> None:
        super().__init__(f"status {status}: {reason}")
        self.status = status
        self.body = body


class NotSettledError(WaybillError):
    """The resource did not reach a final state in time. `last` is its last known state."""

    def __init__(self, last: object, status: str) -> None:
        super().__init__(f"still {status}")
        self.last = last


class Refused(WaybillError):  # noqa: N818 (named after the event)
    """The resource was refused."""

    code: str
    detail: str

    def __init__(self, last: object, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
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
    """An error response of the API. A problem of an unknown type is an instance of this class."""

    fields: ClassVar[Mapping[str, type]] = {}
    """The additional fields of this type; each is an attribute."""

    def __init__(self, status: int, document: Mapping[str, Any], retry_after: float | None) -> None:
        super().__init__(f"{document['title']}: {document['detail']}")
        self.status = status
        self.type: str = document["type"]
        self.title: str = document["title"]
        self.detail: str = document["detail"]
        self.instance: str = document["instance"]
        self.trace_id: str = document["trace_id"]
        """The trace id of the request in the logs."""
        self.errors: Sequence[Fault] = [
            Fault(each["pointer"], each["code"], each["detail"])
            for each in document.get("errors", ())
        ]
        """One entry for each invalid value."""
        self.retry_after_seconds = retry_after
        for name in self.fields:
            setattr(self, name, document[name])

    @classmethod
    def fits(cls, document: Mapping[str, Any]) -> bool:
        """Return whether a document has the additional fields of this type."""
        return all(isinstance(document.get(name), kind) for name, kind in cls.fields.items())


def read_problem(
    status: int,
    document: object,
    retry_after: float | None,
    types: Mapping[str, type[Problem]],
) -> Problem | None:
    """Return the error for a problem document; None when it is not a problem."""
    if not isinstance(document, dict):
        return None
    if not all(isinstance(document.get(name), str) for name in _MEMBERS):
        return None
    known = types.get(document["type"], Problem)
    fitting = known if known.fits(document) else Problem
    return fitting(status, document, retry_after)
