"""Request bodies are forwarded when they are whole, response bodies as they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from waybill_toolkit.testing.fake_http_service import Exchange, FakeHttpService, answer_ok

if TYPE_CHECKING:
    from services.gateway.tests.conftest import Open

ORDER: Final = "/v1/orders/019ab2d4-0001-7c1a-9a3b-5d0c6f8e2b41"
ORDERS_LIMIT_BYTES: Final = 262_144
BLOCK: Final = b"x" * 65_536
CHUNK: Final = b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK)
LAST_CHUNK: Final = b"0\r\n\r\n"
CHUNKED_HEAD: Final = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
EVENT_SECONDS_MAX: Final = 20.0
"""Timeout of a test; only a failing test waits this long."""


class RawClient:
    """A client that sends and reads raw bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def begin_post(self, *fields: bytes) -> None:
        head = [b"POST /v1/orders HTTP/1.1", b"host: localhost", *fields, b"", b""]
        self.writer.write(b"\r\n".join(head))

    async def head(self) -> bytes:
        async with asyncio.timeout(EVENT_SECONDS_MAX):
            return await self.reader.readuntil(b"\r\n\r\n")

    async def rest(self) -> bytes:
        """Read until the gateway closes the connection."""
        async with asyncio.timeout(EVENT_SECONDS_MAX):
            return await self.reader.read()


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[RawClient]:
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield RawClient(reader, writer)
    finally:
        writer.transport.abort()


async def test_events_pass_as_they_arrive_and_do_not_use_up_the_connections_of_others(
    open_gateway: Open, service: FakeHttpService
) -> None:
    more = asyncio.Event()

    async def stream(exchange: Exchange) -> None:
        if not exchange.target.endswith("/events"):
            await answer_ok(exchange)
            return
        fields = b"content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        await exchange.write(b"HTTP/1.1 200 OK\r\n" + fields + b"9\r\ndata: 1\n\n\r\n")
        await more.wait()
        await exchange.write(b"9\r\ndata: 2\n\n\r\n" + LAST_CHUNK)

    service.handler = stream
    address = open_gateway(upstream_connections_max=1, streams_max=2)
    async with AsyncExitStack() as opened:
        client = httpx.AsyncClient(base_url=address, timeout=EVENT_SECONDS_MAX)
        await opened.enter_async_context(client)
        responses = [
            await opened.enter_async_context(client.stream("GET", f"{ORDER}/events"))
            for _ in range(2)
        ]
        parts = [each.aiter_raw() for each in responses]
        assert [await anext(each) for each in parts] == [b"data: 1\n\n"] * 2
        assert (await client.get(ORDER)).status_code == 200
        assert "content-encoding" not in responses[0].headers
        more.set()
        assert [await anext(each) for each in parts] == [b"data: 2\n\n"] * 2


async def happens(event: asyncio.Event) -> None:
    async with asyncio.timeout(EVENT_SECONDS_MAX):
        await event.wait()


async def test_slow_uploads_use_no_connection_to_the_service(
    open_gateway: Open, service: FakeHttpService
) -> None:
    address = open_gateway(upstream_connections_max=1)
    async with AsyncExitStack() as open_clients:
        slow = [await open_clients.enter_async_context(connected(address)) for _ in range(3)]
        for client in slow:
            client.begin_post(b"content-length: 2")
            client.writer.write(b"{")
        async with httpx.AsyncClient() as other:
            assert (await other.get(address + ORDER)).status_code == 200
            assert (await other.post(address + "/v1/orders", content=b"{}")).status_code == 200
        assert len(service.asked) == 2

        slow[0].writer.write(b"}")
        assert (await slow[0].head()).startswith(b"HTTP/1.1 200")
    assert [each.body for each in service.asked] == [b"", b"{}", b"{}"]


async def test_the_slowest_upload_is_refused_when_there_are_too_many(
    open_gateway: Open, service: FakeHttpService
) -> None:
    address = open_gateway(uploads_max=2)
    async with (
        connected(address) as slowest,
        connected(address) as slow,
        connected(address) as fast,
    ):
        for client in (slowest, slow, fast):
            client.begin_post(b"content-length: 2", b"expect: 100-continue")
            assert (await client.head()).startswith(b"HTTP/1.1 100")

        assert (await slowest.head()).startswith(b"HTTP/1.1 408")
        for client in (fast, slow):
            client.writer.write(b"{}")
            assert (await client.head()).startswith(b"HTTP/1.1 200")
    assert [each.body for each in service.asked] == [b"{}", b"{}"]


async def test_a_response_is_streamed_to_the_client(address: str, service: FakeHttpService) -> None:
    seen = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        await exchange.write(CHUNKED_HEAD + b"5\r\nfirst\r\n")
        await happens(seen)
        await exchange.write(b"4\r\nlast\r\n" + LAST_CHUNK)

    service.handler = answer
    async with httpx.AsyncClient() as client, client.stream("GET", address + ORDER) as response:
        parts = response.aiter_raw()
        assert await anext(parts) == b"first"
        seen.set()
        assert await anext(parts) == b"last"


async def test_a_slow_client_causes_backpressure_in_the_service(
    address: str, service: FakeHttpService
) -> None:
    block_count = 640  # 40 MB: far more than sockets buffer
    stalled = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        await exchange.write(
            b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (block_count * len(BLOCK))
        )
        for _ in range(block_count):
            try:
                async with asyncio.timeout(None if stalled.is_set() else 0.5):
                    await exchange.write(BLOCK)
            except TimeoutError:
                stalled.set()

    service.handler = answer
    async with httpx.AsyncClient() as client, client.stream("GET", address + ORDER) as response:
        await happens(stalled)
        length = 0
        async for part in response.aiter_raw():
            length += len(part)
        assert length == block_count * len(BLOCK)


async def test_a_body_is_refused_immediately_when_its_content_length_is_too_large(
    address: str, service: FakeHttpService
) -> None:
    async with connected(address) as client:
        client.begin_post(b"content-length: %d" % (ORDERS_LIMIT_BYTES + 1), b"expect: 100-continue")

        assert (await client.head()).startswith(b"HTTP/1.1 413")
    assert service.asked == []


async def test_a_chunked_body_is_refused_when_it_exceeds_the_limit(
    address: str, service: FakeHttpService
) -> None:
    async with connected(address) as client:
        client.begin_post(b"transfer-encoding: chunked")
        client.writer.write(CHUNK * 5)

        assert (await client.head()).startswith(b"HTTP/1.1 413")
    assert service.asked == []


@pytest.mark.parametrize(
    "fields",
    [
        [b"content-length: 2", b"transfer-encoding: chunked"],
        [b"transfer-encoding: chunked", b"content-length: 2"],
        [b"transfer-encoding : chunked"],
        [b"transfer-encoding: xchunked"],
        [b"content-length: 2", b"content-length: 3"],
        [b"content-length: +2"],
    ],
)
async def test_a_request_is_refused_when_its_length_is_ambiguous(
    address: str, service: FakeHttpService, fields: list[bytes]
) -> None:
    async with connected(address) as client:
        client.begin_post(*fields)
        client.writer.write(b"2\r\n{}\r\n0\r\n\r\n")

        assert (await client.head()).startswith(b"HTTP/1.1 400")
    assert service.asked == []


async def test_a_body_of_exactly_the_limit_is_forwarded(
    address: str, service: FakeHttpService
) -> None:
    async with connected(address) as client:
        client.begin_post(b"transfer-encoding: chunked")
        client.writer.write(CHUNK * 4 + LAST_CHUNK)

        assert (await client.head()).startswith(b"HTTP/1.1 200")
    assert len(service.asked[0].body) == ORDERS_LIMIT_BYTES


async def test_a_client_that_expects_100_continue_gets_it(
    address: str, service: FakeHttpService
) -> None:
    async with connected(address) as client:
        client.begin_post(b"content-length: 2", b"expect: 100-continue")
        assert (await client.head()).startswith(b"HTTP/1.1 100")
        client.writer.write(b"{}")

        assert (await client.head()).startswith(b"HTTP/1.1 200")
    assert service.asked[0].body == b"{}"
    assert service.asked[0].header("expect") == []


@pytest.mark.parametrize("sent", [b"", b"{"])
async def test_a_request_times_out_when_its_body_stops_arriving(
    open_gateway: Open, service: FakeHttpService, sent: bytes
) -> None:
    async with connected(open_gateway(client_seconds=0.2)) as client:
        client.begin_post(b"content-length: 2")
        client.writer.write(sent)

        assert (await client.head()).startswith(b"HTTP/1.1 408")
    assert service.asked == []


async def test_nothing_is_executed_when_the_client_disconnects_during_the_body(
    address: str, service: FakeHttpService
) -> None:
    async with connected(address) as client:
        client.begin_post(b"content-length: 2", b"expect: 100-continue")
        await client.head()
        client.writer.write(b"{")
    async with httpx.AsyncClient() as other:
        assert (await other.get(address + ORDER)).status_code == 200
    assert [each.method for each in service.asked] == ["GET"]


async def test_the_upstream_request_is_cancelled_when_the_client_disconnects_during_the_response(
    address: str, service: FakeHttpService
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.write(CHUNKED_HEAD + CHUNK)
        while await exchange.read_some():
            pass

    service.handler = answer
    async with connected(address) as client:
        client.writer.write(b"GET %b HTTP/1.1\r\nhost: localhost\r\n\r\n" % ORDER.encode())
        await client.head()

    await happens(service.closed)


async def test_the_upstream_request_is_cancelled_when_the_client_reads_nothing(
    open_gateway: Open, service: FakeHttpService
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.write(CHUNKED_HEAD)
        while True:
            await exchange.write(CHUNK)

    service.handler = answer
    async with connected(open_gateway(client_seconds=0.2)) as client:
        client.writer.write(b"GET %b HTTP/1.1\r\nhost: localhost\r\n\r\n" % ORDER.encode())
        await happens(service.closed)
