"""Answers that go on for as long as the client listens: server-sent events.

A process that stops ends them, so that no client delays it; clients connect again, elsewhere.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.types import Receive, Scope, Send
from typing_extensions import override

from waybill.http.contract import Stream
from waybill.http.reply import EVENTS, Headers, Reply, encoded

STREAM_HEADERS: Final[Headers] = (
    ("cache-control", "no-store"),
    ("content-type", EVENTS),
    ("x-accel-buffering", "no"),  # proxies that buffer answers do not buffer this one
)


_open: Final[set[asyncio.Event]] = set()


@contextmanager
def until_stop() -> Iterator[asyncio.Event]:
    """Give an event that is set when the process stops: an answer that goes on has to end then."""
    over = asyncio.Event()
    _open.add(over)
    try:
        yield over
    finally:
        _open.discard(over)


def end_streams() -> None:
    """End all answers that go on: the process stops."""
    for over in _open:
        over.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReply(Reply):
    """Sends each chunk when it is there, and asks for the next one when the client has room.

    When the client leaves, the source is closed wherever it waits. An error of the source ends the
    connection, so that the client knows that something is missing.
    """

    chunks: Stream

    @override
    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = encoded(self.headers)
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if scope["method"] == "HEAD":
            await _close(self.chunks)
            await send({"type": "http.response.body", "body": b""})
            return
        with until_stop() as over:
            async with asyncio.TaskGroup() as tasks:
                pump = tasks.create_task(_pump(self.chunks, send))
                for end in (_disconnected(receive), _happened(over)):
                    waiting = tasks.create_task(end)
                    waiting.add_done_callback(lambda _: pump.cancel())
                    pump.add_done_callback(partial(_cancel, waiting))
        if over.is_set() and pump.cancelled():
            await send({"type": "http.response.body", "body": b""})


async def _pump(chunks: Stream, send: Send) -> None:
    try:
        async for chunk in chunks:
            body = chunk.encode() if isinstance(chunk, str) else chunk
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        await _close(chunks)


async def _close(chunks: Stream) -> None:
    if (aclose := getattr(chunks, "aclose", None)) is not None:
        await aclose()


async def _happened(event: asyncio.Event) -> None:
    await event.wait()


def _cancel(waiting: asyncio.Task[None], _pump: asyncio.Task[None]) -> None:
    waiting.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
