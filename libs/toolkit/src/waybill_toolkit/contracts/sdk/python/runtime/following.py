"""Polls a resource until it reaches a final state."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from .exchange import Pause, Rules, Steps, exchange
from .failures import Context, NotSettledError, Refused
from .model import Model, response
from .operation import Given, Operation, path_of

A = TypeVar("A")

_DELAY_SECONDS: Final = 0.05
"""The delay before the second poll; each further delay is half as long again."""
_DELAY_SECONDS_MAX: Final = 2.0


@dataclass(frozen=True, slots=True)
class Follow:
    """The field to poll, its final values, and the field of a refusal."""

    status: str
    until: frozenset[str]
    refusal: str
    refused: type[Refused]
    codes: Mapping[str, type[Refused]]


def following(
    operation: Operation[A], given: Given, follow: Follow, timeout_seconds: float, rules: Rules
) -> Steps[A]:
    """Poll until the state is final; an unknown state is not.

    Raises Refused, NotSettledError and the errors of a call.
    """
    deadline = time.monotonic() + timeout_seconds
    delay = _DELAY_SECONDS
    polls = 0
    while True:
        seen = yield from exchange(operation, given, rules)
        polls += 1
        context = _context(operation, given, polls, seen)
        status = str(getattr(seen, follow.status))
        if status in follow.until:
            _raise_if_refused(seen, follow, context)
            return seen
        left = deadline - time.monotonic()
        if left <= 0:
            raise NotSettledError(seen, status, context)
        yield Pause(min(delay, left))
        delay = min(delay * 1.5, _DELAY_SECONDS_MAX)


def _context(operation: Operation[object], given: Given, polls: int, seen: object) -> Context:
    came = response(seen) if isinstance(seen, Model) else None
    return Context(operation.method, path_of(operation, given), None, polls, came)


def _raise_if_refused(seen: object, follow: Follow, context: Context) -> None:
    refusal = getattr(seen, follow.refusal)
    if refusal is not None:
        kind = follow.codes.get(refusal.code, follow.refused)
        raise kind(seen, refusal.code, refusal.detail, context)
