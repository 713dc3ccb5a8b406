"""Following something that moves by itself to its end."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from .exchange import Pause, Rules, Steps, exchange
from .failures import NotSettledError, Refused
from .operation import Given, Operation

A = TypeVar("A")

_DELAY_SECONDS: Final = 0.05
"""Before the second look; each one after waits half as long again."""
_DELAY_SECONDS_MAX: Final = 2.0


@dataclass(frozen=True, slots=True)
class Follow:
    """Which field to watch, its final values, and where a refusal stands."""

    status: str
    until: frozenset[str]
    refusal: str
    refused: type[Refused]
    codes: Mapping[str, type[Refused]]


def following(
    operation: Operation[A], given: Given, follow: Follow, timeout_seconds: float, rules: Rules
) -> Steps[A]:
    """Look until it has come to its end. Raises Refused, NotSettledError and what a look raises."""
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
