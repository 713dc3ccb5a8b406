"""The sync and async connections. They execute the steps of `exchange.py`."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar, cast

import httpx

from .exchange import Outcome, Pause, Rules, Step, Steps, exchange
from .following import Follow, following
from .operation import Given, Operation, Request

A = TypeVar("A")

TIMEOUT_SECONDS: Final = 45.0
"""Longer than the gateway's timeout for a service, 40 seconds."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Calls operations one at a time."""

    http: httpx.Client
    rules: Rules

    def call(self, operation: Operation[A], given: Given) -> A:
        return self._run(exchange(operation, given, self.rules))

    def follow(self, operation: Operation[A], given: Given, end: Follow, seconds: float) -> A:
        return self._run(following(operation, given, end, seconds, self.rules))

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
        try:
            return self.http.send(_build(self.http, step))
        except httpx.RequestError as error:
            return error


@dataclass(frozen=True, slots=True)
class AsyncConnection:
    """Calls operations concurrently, one in each task."""

    http: httpx.AsyncClient
    rules: Rules

    async def call(self, operation: Operation[A], given: Given) -> A:
        return await self._run(exchange(operation, given, self.rules))

    async def follow(self, operation: Operation[A], given: Given, end: Follow, seconds: float) -> A:
        return await self._run(following(operation, given, end, seconds, self.rules))

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
        try:
            return await self.http.send(_build(self.http, step))
        except httpx.RequestError as error:
            return error


def _build(client: httpx.Client | httpx.AsyncClient, step: Request) -> httpx.Request:
    return client.build_request(
        step.method,
        step.path,
        params=httpx.QueryParams(step.query),
        headers=step.headers,
        content=step.content,
    )


def standing_headers(version: str, token: str | None) -> Mapping[str, str]:
    """Return the headers of every request."""
    agent = {"User-Agent": f"waybill-client/{version}", "Accept": "application/json"}
    return {**agent, "Authorization": f"Bearer {token}"} if token else agent
