"""Everything that a client raises.

WaybillError
├── NoAnswerError           no answer came; it may have been done all the same
├── UnexpectedAnswerError   an answer that the contract does not know
├── NotSettledError         what was followed did not come to its end in time
├── Refused                 what was followed ended by being refused; a class for each code
└── Problem                 a refusal of the API (RFC 9457); a class for each type
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

_MEMBERS: Final = ("type", "title", "detail", "instance", "trace_id")


class WaybillError(Exception):
    """The root of all errors here."""


class NoAnswerError(WaybillError):
    """No answer came. `__cause__` tells why; it may have been done all the same.

    `idempotency_key`, where there is one, is what to repeat it with, in another run of the program.
    """

    def __init__(self, reason: str, idempotency_key: str | None) -> None:
        super().__init__(reason)
        self.idempotency_key = idempotency_key


class UnexpectedAnswerError(WaybillError):
    """The answer is none that the contract knows, such as the page of a proxy."""

    def __init__(self, status: int, body: bytes, reason: str) -> None:
        super().__init__(f"status {status}: {reason}")
        self.status = status
        self.body = body


class NotSettledError(WaybillError):
    """What was followed goes on. `last` is how it was seen last."""

    def __init__(self, last: object, status: str) -> None:
        super().__init__(f"still {status}")
        self.last = last


class Refused(WaybillError):  # noqa: N818 (its classes are named after what happened)
    """What was followed ended by being refused."""

    code: str
    detail: str

    def __init__(self, last: object, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.last = last
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of the input. `pointer` tells where: /lines/0/quantity, /query/limit."""

    pointer: str
    code: str
    detail: str


class Problem(WaybillError):  # noqa: N818 (its classes are named after what happened)
    """A refusal of the API. One that has no class here, of a newer version, is this one itself."""

    fields: ClassVar[Mapping[str, type]] = {}
    """What this type adds, each an attribute."""

    def __init__(self, status: int, document: Mapping[str, Any], retry_after: float | None) -> None:
        super().__init__(f"{document['title']}: {document['detail']}")
        self.status = status
        self.type: str = document["type"]
        self.title: str = document["title"]
        self.detail: str = document["detail"]
        self.instance: str = document["instance"]
        self.trace_id: str = document["trace_id"]
        """Finds the request in the logs."""
        self.errors: Sequence[Fault] = [
            Fault(each["pointer"], each["code"], each["detail"])
            for each in document.get("errors", ())
        ]
        """One for each fault of the input."""
        self.retry_after_seconds = retry_after
        for name in self.fields:
            setattr(self, name, document[name])

    @classmethod
    def fits(cls, document: Mapping[str, Any]) -> bool:
        """Tell whether a document has what this type adds."""
        return all(isinstance(document.get(name), kind) for name, kind in cls.fields.items())


def read_problem(
    status: int,
    document: object,
    retry_after: float | None,
    types: Mapping[str, type[Problem]],
) -> Problem | None:
    """Make the error of a problem document; None when it is none."""
    if not isinstance(document, dict):
        return None
    if not all(isinstance(document.get(name), str) for name in _MEMBERS):
        return None
    known = types.get(document["type"], Problem)
    fitting = known if known.fits(document) else Problem
    return fitting(status, document, retry_after)
