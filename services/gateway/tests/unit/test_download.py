"""A stream of events does not delay the stop of the gateway."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any, cast

from gateway.download import Download
from gateway.upstream import Answer
from waybill.calls.transport import UpstreamError
from waybill.http.streaming import end_streams

SECONDS_MAX = 10.0


class Open:
    """An answer of a service that goes on until it is closed."""

    status = 200
    is_complete = False

    def __init__(self, media_type: bytes) -> None:
        self.headers = ((b"Content-Type", media_type),)
        self._parts = [b"data: 1\n\n"]
        self._closed = asyncio.Event()

    async def read(self) -> bytes:
        if self._parts:
            return self._parts.pop()
        await self._closed.wait()
        raise UpstreamError("closed")

    def close(self) -> None:
        self._closed.set()


async def forwarded(media_type: bytes, sent: list[Mapping[str, Any]]) -> None:
    """Forward an answer of a client that stays connected."""

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise LookupError("nothing else is received")

    answer = cast("Answer", Open(media_type))
    await Download("orders", answer, (), send, SECONDS_MAX).run(receive)


async def until_sent(sent: list[Mapping[str, Any]], count: int) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while len(sent) < count:
            await asyncio.sleep(0)


async def stopped(media_type: bytes) -> list[Mapping[str, Any]]:
    """Return what was sent when the gateway stopped while an answer went on."""
    sent: list[Mapping[str, Any]] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.5), asyncio.TaskGroup() as tasks:
            tasks.create_task(forwarded(media_type, sent))
            await until_sent(sent, 2)
            end_streams()
    return sent[1:]


async def test_an_open_stream_of_events_ends_when_the_gateway_stops() -> None:
    first, last = await stopped(b"text/event-stream; charset=utf-8")

    assert first["body"] == b"data: 1\n\n"
    assert (last["body"], last.get("more_body", False)) == (b"", False)


async def test_any_other_answer_goes_on_when_the_gateway_stops() -> None:
    [first] = await stopped(b"application/json")

    assert first["more_body"]
