"""Streams of events: generated, then served."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import httpx
import pytest

from waybill.app import Application


class TestStreams:
    async def test_events_arrive_one_by_one(self, client: httpx.AsyncClient, api: Any) -> None:
        async def source() -> AsyncIterator[str]:
            yield "data: 1\n\n"
            yield "data: ü\n\n"

        api.source = source()
        response = await client.get("/v1/news")
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.text == "data: 1\n\ndata: ü\n\n"

    @pytest.mark.parametrize("waits_for", ["the source", "the client"])
    async def test_source_is_closed_when_the_client_leaves(
        self, app: Application, api: Any, waits_for: str
    ) -> None:
        closed, sent = asyncio.Event(), asyncio.Event()

        async def source() -> AsyncIterator[str]:
            try:
                yield "data: 1\n\n"
                await asyncio.Event().wait()
            finally:
                closed.set()

        async def receive() -> dict[str, Any]:
            await sent.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message.get("body"):
                sent.set()
                if waits_for == "the client":
                    await asyncio.Event().wait()

        api.source = source()
        async with asyncio.timeout(5):
            await app(scope("GET"), receive, send)
            assert closed.is_set()

    async def test_head_has_no_events(self, client: httpx.AsyncClient, api: Any) -> None:
        async def source() -> AsyncIterator[str]:
            await asyncio.Event().wait()
            yield ""

        api.source = source()
        response = await asyncio.wait_for(client.head("/v1/news"), 5)
        assert (response.status_code, response.content) == (200, b"")


def scope(method: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": "/v1/news",
        "raw_path": b"/v1/news",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"club.test")],
        "client": ("127.0.0.1", 1),
        "server": ("club.test", 80),
    }
