"""Caches of access tokens: one fetch at a time, whose result all callers get."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

EXPIRY_MARGIN_SECONDS: Final = 10.0
"""A token is replaced this long before it expires: it must still be valid when it arrives."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token, and how long it is valid from now on; None until the API refuses it."""

    value: str = field(repr=False)
    expires_in_seconds: float | None = None


class _Kept:
    """The token that was fetched last."""

    def __init__(self) -> None:
        self._value: str | None = None
        self._until = float("inf")

    def keep(self, token: AccessToken) -> None:
        seconds = token.expires_in_seconds
        self._value = token.value
        usable = float("inf") if seconds is None else seconds - EXPIRY_MARGIN_SECONDS
        self._until = time.monotonic() + usable

    def usable(self, refused: str | None) -> str | None:
        """Return the token unless it expires or is the refused one."""
        expires = time.monotonic() >= self._until
        return None if expires or self._value == refused else self._value


class TokenCache:
    """A token provider that keeps what `fetch` returns until shortly before it expires.

    Threads that need a token at the same time wait for one fetch. Its errors are raised in all of
    them.
    """

    def __init__(self, fetch: Callable[[], AccessToken]) -> None:
        self._fetch = fetch
        self._kept = _Kept()
        self._lock = threading.Lock()
        self._running: Future[AccessToken] | None = None

    def __call__(self, refused: str | None = None) -> str:
        """Return a token that is not the refused one."""
        with self._lock:
            if token := self._kept.usable(refused):
                return token
            is_first = self._running is None
            running = self._running = self._running or Future()
        if is_first:
            self._run(running)
        return running.result().value

    def _run(self, running: Future[AccessToken]) -> None:
        try:
            token = self._fetch()
        except BaseException as error:  # noqa: BLE001 (each caller raises it)
            with self._lock:
                self._running = None
            running.set_exception(error)
            return
        with self._lock:
            self._kept.keep(token)
            self._running = None
        running.set_result(token)


class AsyncTokenCache:
    """The same for tasks of one event loop."""

    def __init__(self, fetch: Callable[[], Awaitable[AccessToken]]) -> None:
        self._fetch = fetch
        self._kept = _Kept()
        self._running: asyncio.Task[AccessToken] | None = None

    async def __call__(self, refused: str | None = None) -> str:
        """Return a token that is not the refused one."""
        if token := self._kept.usable(refused):
            return token
        if self._running is None:
            self._running = asyncio.create_task(self._run())  # noqa: TID251 (awaited below)
        # A caller that is cancelled does not end the fetch of the others.
        return (await asyncio.shield(self._running)).value

    async def _run(self) -> AccessToken:
        try:
            token = await self._fetch()
            self._kept.keep(token)
        finally:
            self._running = None
        return token
