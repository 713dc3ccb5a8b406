"""One call with its retries.

These are generators without I/O. They yield the next action, a `Request` to send or a `Pause`, and
receive its result. `connection.py` executes the actions, sync or async, so the retry logic exists
once.
"""

import random
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final, TypeAlias, TypeVar, cast

import httpx
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from .failures import NoAnswerError, Problem, UnexpectedAnswerError, WaybillError, read_problem
from .model import with_headers
from .operation import KEY, Given, Operation, Request, request

A = TypeVar("A")

TEMPORARY_STATUSES: Final = frozenset({408, 429, 502, 503, 504})
NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the next action."""

    seconds: float


Step: TypeAlias = Request | Pause
Outcome: TypeAlias = httpx.Response | httpx.RequestError | None
Steps: TypeAlias = Generator[Step, Outcome, A]


@dataclass(frozen=True, slots=True)
class Retries:
    """The number of attempts and the delays between them: exponential backoff with jitter.

    The delay before retry n is random, between a half and all of `delay_seconds` * 2^n, at most
    `delay_seconds_max`. A Retry-After replaces it. With a Retry-After above
    `retry_after_seconds_max` the error is raised at once.
    """

    attempts_max: int = 5
    delay_seconds: float = 0.2
    delay_seconds_max: float = 5.0
    retry_after_seconds_max: float = 60.0

    def delay(self, attempt: int) -> float:
        """Return the delay after an attempt; attempts are numbered from 1."""
        longest = min(self.delay_seconds * 2.0**attempt, self.delay_seconds_max)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)


NO_RETRIES: Final = Retries(attempts_max=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """The configuration of all calls of a client."""

    retries: Retries
    problems: Mapping[str, type[Problem]]
    """The error classes by type URI."""
    temporary: frozenset[str]
    """The type URIs of problems that are retried whatever their status."""


def exchange(operation: Operation[A], given: Given, rules: Rules) -> Steps[A]:
    """Send a request, with retries, until it gets a final response. Raises WaybillError."""
    sent = request(operation, given)
    retries = rules.retries
    for attempt in range(1, retries.attempts_max + 1):
        outcome = yield sent
        if isinstance(outcome, httpx.Response) and outcome.status_code in operation.answers:
            return _read(operation, outcome)
        error, delay = _judge(outcome, rules, operation, sent)
        if delay is None or attempt == retries.attempts_max:
            raise error
        yield Pause(delay or retries.delay(attempt))
    raise ValueError("attempts_max must be at least 1")


def _judge(
    outcome: Outcome, rules: Rules, operation: Operation[Any], sent: Request
) -> tuple[WaybillError, float | None]:
    """Return the error and the delay before a retry: 0 for the default, None for no retry."""
    if not isinstance(outcome, httpx.Response):
        error = NoAnswerError(f"no response: {outcome!r}", sent.headers.get(KEY))
        error.__cause__ = outcome
        again = operation.is_repeatable or isinstance(outcome, NEVER_SENT)
        return error, 0.0 if again else None
    retry_after = _retry_after(outcome.headers.get("retry-after"))
    failure = _failure(outcome, retry_after, rules.problems)
    is_temporary = outcome.status_code in TEMPORARY_STATUSES or (
        isinstance(failure, Problem) and failure.type in rules.temporary
    )
    if not (operation.is_repeatable and is_temporary):
        return failure, None
    if retry_after is not None and retry_after > rules.retries.retry_after_seconds_max:
        return failure, None
    return failure, retry_after or 0.0


def _failure(
    response: httpx.Response, retry_after: float | None, types: Mapping[str, type[Problem]]
) -> WaybillError:
    try:
        document = from_json(response.content)
    except ValueError:
        document = None
    problem = read_problem(response.status_code, document, retry_after, types)
    return problem or _unexpected(response, "not in the contract")


def _read(operation: Operation[A], response: httpx.Response) -> A:
    kind = operation.answers[response.status_code]
    if kind is None:
        return cast("A", None)
    try:
        answer = _adapter(kind).validate_json(response.content)
    except ValidationError as error:
        raise _unexpected(response, f"the body does not match the contract: {error}") from None
    with_headers(answer, response.headers)
    return cast("A", answer)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 (any type)
    return TypeAdapter(kind)


def _unexpected(response: httpx.Response, reason: str) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(response.status_code, response.content, reason)


def _retry_after(value: str | None) -> float | None:
    """Parse seconds or a date (RFC 9110, 10.2.3); None when it is neither."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    now = datetime.now(UTC)  # noqa: TID251 (a client uses the system clock)
    return max(0.0, (until - now).total_seconds())
