"""The options of a client and of a call."""

import logging
import os
import platform
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import httpx

BASE_URL: Final = "WAYBILL_BASE_URL"
TIMEOUT_SECONDS: Final = 45.0
"""Longer than the gateway's timeout for a service, 40 seconds."""

_LOGGER: Final = logging.getLogger(__name__.partition(".")[0])


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
class CallOptions:
    """The options of one call. None is the option of the client; `headers` are added."""

    timeout_seconds: float | None = None
    retries: Retries | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


DEFAULTS: Final = CallOptions()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a request, for logs and metrics. It has no header, body or query.

    `number` counts from 1. `status` and `trace_id` are None when there was no response; `error`
    then says why.
    """

    method: str
    path: str
    number: int
    duration_seconds: float
    status: int | None
    trace_id: str | None
    error: str | None


OnAttempt: TypeAlias = Callable[[Attempt], None]


def log_attempt(attempt: Attempt) -> None:
    """Log an attempt at level DEBUG to the logger with the name of this package."""
    _LOGGER.debug(
        "%s %s: %s, attempt %d, %.3f s, trace id %s",
        *(attempt.method, attempt.path, attempt.status or attempt.error),
        *(attempt.number, attempt.duration_seconds, attempt.trace_id),
    )


def report(on_attempt: OnAttempt, attempt: Attempt) -> None:
    """Call a hook. Its errors are logged, so that the response of an executed request is kept."""
    try:
        on_attempt(attempt)
    except Exception:
        _LOGGER.exception("on_attempt failed")


def base_url_of(given: str | None) -> str:
    """Return the base URL, from WAYBILL_BASE_URL when it is not given. Raises ValueError."""
    found = given if given is not None else os.environ.get(BASE_URL, "")
    if not found.startswith(("http://", "https://")):
        raise ValueError(f"{found!r} is no base URL; pass base_url or set {BASE_URL} to a URL")
    return found.rstrip("/")


def standing_headers(
    version: str, user_agent: str | None, headers: Mapping[str, str] | None
) -> httpx.Headers:
    """Return the headers of every request."""
    agent = f"waybill-python/{version} python/{platform.python_version()}"
    standing = httpx.Headers(
        {
            "User-Agent": f"{agent} {user_agent}" if user_agent else agent,
            "Accept": "application/json, application/problem+json",
        }
    )
    standing.update(headers)
    return standing
