"""One call with its retries.

These are generators without I/O. They yield the next action, a `Request` to send or a `Pause`, and
receive its result. `connection.py` executes the actions, sync or async, so the retry logic exists
once.
"""

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final, TypeAlias, TypeVar, cast

import httpx
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from .failures import (
    Context,
    NoAnswerError,
    Problem,
    TokenError,
    UnexpectedAnswerError,
    WaybillError,
    read_problem,
)
from .model import with_response
from .operation import Given, Operation, Request, request
from .options import Attempt, OnAttempt, Retries, log_attempt, report
from .response import Response
from .token_endpoint import TokenFailure

A = TypeVar("A")

TEMPORARY_STATUSES: Final = frozenset({408, 429, 502, 503, 504})
NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the next action."""

    seconds: float


Step: TypeAlias = Request | Pause
Outcome: TypeAlias = httpx.Response | httpx.RequestError | TokenFailure | None
Steps: TypeAlias = Generator[Step, Outcome, A]


@dataclass(frozen=True, slots=True)
class Rules:
    """The configuration of all calls of a client."""

    retries: Retries
    problems: Mapping[str, type[Problem]]
    """The error classes by type URI."""
    temporary: frozenset[str]
    """The type URIs of problems that are retried whatever their status."""
    on_attempt: OnAttempt = log_attempt


def exchange(operation: Operation[A], given: Given, rules: Rules) -> Steps[A]:
    """Send a request, with retries, until it gets a final response. Raises WaybillError."""
    sent = request(operation, given)
    retries = given.options.retries or rules.retries
    for attempt in range(1, retries.attempts_max + 1):
        started = time.monotonic()
        outcome = yield sent
        response = _response(outcome)
        seconds = time.monotonic() - started
        report(rules.on_attempt, _attempt(sent, attempt, seconds, response or outcome))
        context = Context(sent.method, sent.path, sent.idempotency_key, attempt, response)
        if response is not None and response.status in operation.answers:
            return _read(operation, response, context)
        error, delay = _judge(operation, context, outcome, retries, rules)
        if delay is None or attempt == retries.attempts_max:
            raise error
        yield Pause(delay or retries.delay(attempt))
    raise ValueError("attempts_max must be at least 1")


def _response(outcome: Outcome) -> Response | None:
    if not isinstance(outcome, httpx.Response):
        return None
    return Response(outcome.status_code, outcome.headers, outcome.content)


def _attempt(sent: Request, number: int, seconds: float, outcome: Response | Outcome) -> Attempt:
    common = (sent.method, sent.path, number, seconds)
    if isinstance(outcome, Response):
        return Attempt(*common, outcome.status, outcome.trace_id, None)
    return Attempt(*common, None, None, repr(outcome))


def _judge(
    operation: Operation[Any], context: Context, outcome: Outcome, retries: Retries, rules: Rules
) -> tuple[WaybillError, float | None]:
    """Return the error and the delay before a retry: 0 for the default, None for no retry."""
    response = context.response
    if isinstance(outcome, TokenFailure):
        return TokenError(outcome, context), 0.0 if outcome.is_temporary else None
    if response is None:
        error = NoAnswerError(f"no response: {outcome!r}", context)
        error.__cause__ = outcome if isinstance(outcome, Exception) else None
        again = operation.is_repeatable or isinstance(outcome, NEVER_SENT)
        return error, 0.0 if again else None
    retry_after = _retry_after(response.headers.get("retry-after"))
    failure = _failure(response, retry_after, rules.problems, context)
    is_temporary = response.status in TEMPORARY_STATUSES or (
        isinstance(failure, Problem) and failure.type in rules.temporary
    )
    if not (operation.is_repeatable and is_temporary):
        return failure, None
    if retry_after is not None and retry_after > retries.retry_after_seconds_max:
        return failure, None
    return failure, retry_after or 0.0


def _failure(
    response: Response,
    retry_after: float | None,
    types: Mapping[str, type[Problem]],
    context: Context,
) -> WaybillError:
    try:
        document = from_json(response.body)
    except ValueError:
        document = None
    if response.status >= 400 and (problem := read_problem(document, retry_after, types, context)):
        return problem
    return UnexpectedAnswerError("the response is not in the contract", context)


def _read(operation: Operation[A], response: Response, context: Context) -> A:
    kind = operation.answers[response.status]
    if kind is None:
        return cast("A", None)
    try:
        answer = _adapter(kind).validate_json(response.body)
    except ValidationError as error:
        reason = f"the body does not match the contract: {_first(error)}"
        raise UnexpectedAnswerError(reason, context) from error
    with_response(answer, response)
    return cast("A", answer)


def _first(error: ValidationError) -> str:
    """Return the first fault and its location, without the value."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}"


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 (any type)
    return TypeAdapter(kind)


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
