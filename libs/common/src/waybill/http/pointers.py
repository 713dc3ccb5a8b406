"""The place of an error in a JSON document, as an RFC 6901 pointer.

Pydantic's `loc` is a path through the *schema*: it also contains the tags of unions and the names
of models, which are not part of the document. Walking the document distinguishes them.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from pydantic import ValidationError

from waybill.http.problems import FieldError

FAULTS_MAX: Final = 100
"""Limits the size of a response, whatever a client sends."""

_READINGS_MAX: Final = 64
"""Each step of a loc may be a step or a tag; far fewer readings than this are ever possible."""

Steps = tuple[str | int, ...]


def pointer(steps: Sequence[str | int]) -> str:
    """Return `steps` as an RFC 6901 pointer."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def faults_in(error: ValidationError, document: Any, prefix: Steps = ()) -> tuple[FieldError, ...]:  # noqa: ANN401 (any JSON)
    """Return the errors of `document`, at most FAULTS_MAX."""
    return tuple(
        FieldError(
            pointer=pointer(prefix + _steps(each["type"], each["loc"], each["input"], document)),
            code=each["type"],
            detail=each["msg"],
        )
        for each in error.errors(include_url=False, include_context=False)[:FAULTS_MAX]
    )


def _steps(kind: str, loc: Steps, faulty: Any, document: Any) -> Steps:  # noqa: ANN401 (any JSON)
    if kind == "missing":  # here the faulty value is the object that lacks the last step
        return (*_steps("", loc[:-1], faulty, document), loc[-1])
    readings = list(islice(_readings(loc, document), _READINGS_MAX))
    return next((steps for steps, value in readings if value == faulty), readings[0][0])


def _readings(loc: Steps, value: Any) -> Iterator[tuple[Steps, Any]]:  # noqa: ANN401 (any JSON)
    """Yield every path through the document that `loc` can mean, the longest first."""
    if not loc:
        yield (), value
        return
    head, rest = loc[0], loc[1:]
    if _has(value, head):
        for steps, found in _readings(rest, value[head]):
            yield (head, *steps), found
    yield from _readings(rest, value)


def _has(value: object, step: str | int) -> bool:
    if isinstance(step, int):
        return isinstance(value, list) and step < len(value)
    return isinstance(value, dict) and step in value
