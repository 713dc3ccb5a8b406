"""Calls one other service: by its contract, within a deadline, and no more than it can take.

    bulkhead -> address whose breaker admits -> request -> response
                        ^------ retry, if the budget has one -----'

A request is sent again when it was not executed, or when its operation may be repeated: a GET, a
write with an Idempotency-Key, or one that its contract says is repeatable. A service that answers
with 429 or 503 says in Retry-After when. A request without a response in time is not repeated.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final

import aiohttp

from waybill import deadline
from waybill.calls.attempt import Attempt
from waybill.calls.errors import NotExecutedError, RefusedError, UnavailableError
from waybill.calls.last_known import LastKnown
from waybill.calls.limits import Bulkhead, BulkheadFullError, RetryBudget
from waybill.calls.measuring import CallMeter, watch_bulkhead
from waybill.calls.metrics import LAST_KNOWN, RETRIES
from waybill.calls.operation import CalledOperation, Result
from waybill.calls.targets import Targets

_log: Final = logging.getLogger(__name__)

TIMEOUT_SECONDS: Final = 5.0
"""For a call with its retries, when the caller's own caller waits longer or does not say."""
ATTEMPTS_MAX: Final = 3
PAUSE_FIRST_SECONDS: Final = 0.1
PAUSE_MAX_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How long calls wait, and how they measure it; tests replace the clock and the pause."""

    seconds: float = TIMEOUT_SECONDS
    now: Callable[[], float] = time.monotonic
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    part: Callable[[], float] = random.random
    """The part of a pause that is waited: any, so that callers do not all retry at once."""

    def before_retry(self, attempts: int, retry_after: int | None) -> float:
        """Return the seconds before the next attempt, not less than the service wants."""
        longest = min(PAUSE_FIRST_SECONDS * 2.0 ** (attempts - 1), PAUSE_MAX_SECONDS)
        return (retry_after or 0) + longest * self.part()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceClient:
    """The calls of one service from one process.

    `token` gives the access token for operations that need one. It is that of the service itself:
    last known answers are used for all its requests.
    """

    targets: Targets
    session: aiohttp.ClientSession
    token: Callable[[], Awaitable[str]] | None = None
    bulkhead: Bulkhead = field(default_factory=Bulkhead)
    budget: RetryBudget = field(default_factory=RetryBudget)
    waiting: Waiting = field(default_factory=Waiting)
    last_known: LastKnown = field(default_factory=LastKnown)

    def __post_init__(self) -> None:
        """Show at /metrics how many calls are running."""
        watch_bulkhead(self.targets.name, self.bulkhead)

    async def call(
        self,
        operation: CalledOperation[Result],
        *,
        body: object = None,
        key: str | None = None,
        **arguments: object,
    ) -> Result:
        """Return an answer or a problem that the contract declares. Raises CallError.

        `key` is the Idempotency-Key, `arguments` are the parameters by their names in Python.
        """
        request = operation.request(arguments, body, key)
        asked = (request.path, *request.headers)
        if operation.needs_token:
            authorization = ("authorization", f"Bearer {await self._token_for(operation)}")
            request = replace(request, headers=(*request.headers, authorization))
        attempt = Attempt(operation, request, self.targets, self.session)
        meter = CallMeter(self.targets.name, operation.id)
        try:
            with self.bulkhead.enter():
                answer = await self._until_answered(attempt)
        except RefusedError as error:
            meter.ended("refused")
            _log.error("%s was refused: %s", operation.id, error)
            raise
        except BulkheadFullError as error:
            failure: UnavailableError = NotExecutedError(self.targets.name, str(error))
            meter.ended("not_executed")
        except UnavailableError as error:
            failure = error
            meter.ended("not_executed" if isinstance(error, NotExecutedError) else "unavailable")
        else:
            meter.ended("answered")
            if (seconds := operation.last_known_seconds) is not None:
                self.last_known.keep(asked, answer, self.waiting.now() + seconds)
            return answer
        known: Result | None = self.last_known.find(asked, self.waiting.now())
        used = "" if known is None else "; its last answer is used"
        _log.warning("%s was not answered: %s%s", operation.id, failure, used)
        if known is None:
            raise failure
        LAST_KNOWN.labels(self.targets.name, operation.id).inc()
        return known

    async def _token_for(self, operation: CalledOperation[Result]) -> str:
        if self.token is None:
            raise RuntimeError(f"{operation.id} of {self.targets.name} needs a token")
        return await self.token()

    async def _until_answered(self, attempt: Attempt[Result]) -> Result:
        waiting = self.waiting
        given = deadline.seconds_left()
        is_short = given is not None and given < waiting.seconds
        by = waiting.now() + (given if given is not None and is_short else waiting.seconds)
        self.budget.note_call()
        attempts = 0
        while True:
            attempts += 1
            try:
                return await attempt.make(by - waiting.now(), is_short=is_short)
            except UnavailableError as error:
                pause = waiting.before_retry(attempts, error.retry_after)
                is_in_time = attempts < ATTEMPTS_MAX and waiting.now() + pause < by
                if not (is_in_time and self._may_retry(attempt.operation, error)):
                    raise
            RETRIES.labels(self.targets.name).inc()
            await waiting.pause(pause)

    def _may_retry(self, operation: CalledOperation[Result], error: UnavailableError) -> bool:
        is_safe = operation.is_repeatable or isinstance(error, NotExecutedError)
        return is_safe and not error.is_final and self.budget.take()
