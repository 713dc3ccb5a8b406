"""Polls a resource until it reaches a final state."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from .exchange import Pause, Rules, Steps, exchange
from .failures import NotSettledError, Refused
from .operation import Given, Operation

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
    """Poll until the state is final. Raises Refused, NotSettledError and the errors of a call."""
    deadline = time.monotonic() + timeout_seconds
    delay = _DELAY_SECONDS
    while True:
        seen = yield from exchange(operation, given, rules)
        status = str(getattr(seen, follow.status))
        if status in follow.until:
            _raise_if_refused(seen, follow)
            return seen
        left = deadline - time.monotonic()
        if left <= 0:
            raise NotSettledError(seen, status)
        yield Pause(min(delay, left))
        delay = min(delay * 1.5, _DELAY_SECONDS_MAX)


def _raise_if_refused(seen: object, follow: Follow) -> None:
    refusal = getattr(seen, follow.refusal)
    if refusal is not None:
        kind = follow.codes.get(refusal.code, follow.refused)
        raise kind(seen, refusal.code, refusal.detail)
