"""Answers that go on for as long as the client listens: server-sent events."""

import asyncio
from dataclasses import dataclass
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
        async with asyncio.TaskGroup() as tasks:
            pump = tasks.create_task(_pump(self.chunks, send))
            gone = tasks.create_task(_disconnected(receive))
            pump.add_done_callback(lambda _: gone.cancel())
            gone.add_done_callback(lambda _: pump.cancel())


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


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
