"""The sync and async connections. They execute the steps of `exchange.py`."""

import asyncio
import time
from dataclasses import dataclass
from typing import TypeVar, cast

import httpx

from .exchange import Outcome, Pause, Rules, Step, Steps, exchange
from .following import Follow, following
from .operation import Given, Operation, Request
from .token_endpoint import TokenFailure

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Settings:
    """What every request of a client has. A timeout of None is that of the HTTP client."""

    base_url: str
    headers: httpx.Headers
    timeout_seconds: float | None
    rules: Rules
    auth: httpx.Auth | None
    """Adds the access token; None without one."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Calls operations one at a time."""

    http: httpx.Client
    settings: Settings

    def call(self, operation: Operation[A], given: Given) -> A:
        return self._run(exchange(operation, given, self.settings.rules))

    def follow(self, operation: Operation[A], given: Given, end: Follow, seconds: float) -> A:
        return self._run(following(operation, given, end, seconds, self.settings.rules))

    def _run(self, steps: Steps[A]) -> A:
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                return cast("A", end.value)
            outcome = self._do(step)

    def _do(self, step: Step) -> Outcome:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        request = _build(self.http, self.settings, step)
        auth = self.settings.auth or httpx.USE_CLIENT_DEFAULT
        try:
            return self.http.send(request, auth=auth, follow_redirects=False)
        except (httpx.RequestError, TokenFailure) as error:
            return error


@dataclass(frozen=True, slots=True)
class AsyncConnection:
    """Calls operations concurrently, one in each task."""

    http: httpx.AsyncClient
    settings: Settings

    async def call(self, operation: Operation[A], given: Given) -> A:
        return await self._run(exchange(operation, given, self.settings.rules))

    async def follow(self, operation: Operation[A], given: Given, end: Follow, seconds: float) -> A:
        return await self._run(following(operation, given, end, seconds, self.settings.rules))

    async def _run(self, steps: Steps[A]) -> A:
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                return cast("A", end.value)
            outcome = await self._do(step)

    async def _do(self, step: Step) -> Outcome:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        request = _build(self.http, self.settings, step)
        auth = self.settings.auth or httpx.USE_CLIENT_DEFAULT
        try:
            return await self.http.send(request, auth=auth, follow_redirects=False)
        except (httpx.RequestError, TokenFailure) as error:
            return error


def _build(
    client: httpx.Client | httpx.AsyncClient, settings: Settings, step: Request
) -> httpx.Request:
    headers = settings.headers.copy()
    headers.update(step.headers)
    seconds = step.timeout_seconds or settings.timeout_seconds
    return client.build_request(
        step.method,
        settings.base_url + step.path,
        params=httpx.QueryParams(step.query),
        headers=headers,
        content=step.content,
        timeout=client.timeout if seconds is None else seconds,
    )
