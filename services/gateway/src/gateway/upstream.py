"""The requests of the gateway to one service; their responses are passed on while they arrive.

A request that reads or has an Idempotency-Key is retried once when its connection ends: the service
may have closed a keep-alive connection, as each does that stops. Other requests are retried only if
they did not reach the service, at its next address.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

import aiohttp

from gateway.metrics import UPSTREAM_REQUESTS, measure_answer
from gateway.settings import GatewaySettings
from waybill.calls import transport
from waybill.calls.targets import NoTargetError, Target, Targets
from waybill.calls.transport import (
    BrokenOffError,
    Request,
    SilentError,
    UnreachableError,
    UpstreamError,
)

ADDRESSES_MAX: Final = 2
"""Addresses that are tried for one request; the breaker of a dead one opens soon."""


class Answer:
    """A response: status and headers; the body may still be arriving."""

    def __init__(self, response: aiohttp.ClientResponse, silence_seconds_max: float) -> None:
        self._response = response
        self._silence_seconds_max = silence_seconds_max
        self.status: Final = response.status
        self.headers: Final = response.raw_headers

    @property
    def is_complete(self) -> bool:
        """Whether the whole body was read."""
        return self._response.content.at_eof()

    async def read(self) -> bytes:
        """Return the available data of the body; wait for some. Raises UpstreamError."""
        content = self._response.content
        if content.is_eof():  # the whole body has arrived
            return content.read_nowait()
        try:
            # aiohttp 3.14 does not apply its own timeout when invalid HTTP follows.
            async with asyncio.timeout(self._silence_seconds_max):
                return await content.readany()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise transport.explained(error) from error

    def close(self) -> None:
        """Release the connection. It is not reused when data is left unread."""
        self._response.close()


@dataclass(frozen=True, slots=True)
class Upstream:
    """One service: its addresses, and the connections to them."""

    targets: Targets
    session: aiohttp.ClientSession
    answer_seconds: float

    @property
    def name(self) -> str:
        """The name of the service."""
        return self.targets.name

    async def send(self, request: Request, *, is_repeatable: bool) -> Answer:
        """Send a request and wait for the headers of the response. Raises UpstreamError."""
        for left in reversed(range(min(ADDRESSES_MAX, len(self.targets)))):
            try:
                return await self._send_to(self._pick(), request, is_repeatable=is_repeatable)
            except UnreachableError:
                if not left:
                    raise
        raise UnreachableError(f"no address of {self.name} is known")

    def _pick(self) -> Target:
        try:
            return self.targets.pick()
        except NoTargetError as error:
            raise UnreachableError(str(error)) from error

    async def _send_to(self, target: Target, request: Request, *, is_repeatable: bool) -> Answer:
        began = time.perf_counter()
        try:
            answer = await self._send_again(target, request, is_repeatable=is_repeatable)
        except UpstreamError as error:
            target.breaker.record(has_answered=False)
            UPSTREAM_REQUESTS.labels(self.name, _outcome(error)).inc()
            raise
        target.breaker.record(has_answered=True)
        measure_answer(self.name, answer.status, time.perf_counter() - began)
        return answer

    async def _send_again(self, target: Target, request: Request, *, is_repeatable: bool) -> Answer:
        try:
            return await self._send(target, request)
        except BrokenOffError:
            if not is_repeatable:
                raise
        return await self._send(target, request)

    async def _send(self, target: Target, request: Request) -> Answer:
        response = await transport.send(self.session, target, request)
        return Answer(response, self.answer_seconds)


def _outcome(error: UpstreamError) -> str:
    match error:
        case UnreachableError():
            return "unreachable"
        case SilentError():
            return "silent"
        case _:
            return "broken_off"


def open_session(settings: GatewaySettings, connections_max: int) -> aiohttp.ClientSession:
    """Create a client with a number of connections to each address, opened on demand."""
    return transport.open_session(
        tls=settings.upstream_tls(),
        connections_max=connections_max,
        connect_seconds=settings.connect_seconds,
        silence_seconds=settings.answer_seconds,
    )
