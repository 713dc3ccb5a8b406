"""Requests and responses are forwarded unchanged, except hop-by-hop headers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import httpx
import pytest

from waybill import trace
from waybill_toolkit.testing.fake_http_service import OK, Exchange, FakeHttpService, Handler

ORDER: Final = "/v1/orders/019ab2d4-0001-7c1a-9a3b-5d0c6f8e2b41"
PARENT: Final = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def _answers(raw: bytes) -> Handler:
    async def answer(exchange: Exchange) -> None:
        await exchange.read_body()
        await exchange.write(raw)

    return answer


async def test_a_read_is_forwarded(client: httpx.AsyncClient, service: FakeHttpService) -> None:
    response = await client.get(ORDER, headers={"Authorization": "Bearer x", "X-Request-Id": "7"})

    assert (response.status_code, response.json()) == (200, {})
    [asked] = service.asked
    assert (asked.method, asked.target) == ("GET", ORDER)
    assert asked.header("authorization") == ["Bearer x"]
    assert asked.header("x-request-id") == ["7"]
    assert asked.header("via") == ["1.1 waybill"]
    assert asked.header("host") == [service.address.removeprefix("http://")]
    assert asked.header("content-length") == []


async def test_the_service_continues_the_trace_of_the_client(
    client: httpx.AsyncClient, service: FakeHttpService
) -> None:
    response = await client.get(ORDER, headers={"traceparent": PARENT, "tracestate": "a=1"})

    here, parent = trace.parse(service.asked[0].header("traceparent")[0]), trace.parse(PARENT)
    assert here is not None
    assert parent is not None
    assert (here.trace_id, here.span_id != parent.span_id) == (parent.trace_id, True)
    assert service.asked[0].header("tracestate") == ["a=1"]
    assert response.headers.get_list("x-trace-id") == [parent.trace_id]


@pytest.mark.parametrize(
    "target",
    [
        "/v1/variants/GIFT%2010.5",
        "/v1/variants/!$&'()*+,-.:;=@_~[]{}|^`\"<>%2e%C3%A9%00",
        "/v1/orders?cursor=a%2Fb%26&limit=1&limit=2",
        "/v1/orders?!$&'()*+,-./:;=?@_~[]{}|^`\"<>%2e%C3%A9%00",
    ],
)
async def test_path_and_query_are_forwarded_byte_for_byte(
    address: str, service: FakeHttpService, target: str
) -> None:
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {target} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()

    assert service.asked[0].target == target


async def test_a_body_is_forwarded_with_its_length(
    client: httpx.AsyncClient, service: FakeHttpService
) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}

    await client.post("/v1/orders", content=b'{"a": 1}', headers=headers)

    [asked] = service.asked
    assert asked.body == b'{"a": 1}'
    assert asked.header("content-length") == ["8"]
    assert asked.header("content-type") == ["application/json"]
    assert asked.header("idempotency-key") == ["k"]


async def test_a_chunked_body_is_forwarded(
    client: httpx.AsyncClient, service: FakeHttpService
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x" * 50_000

    await client.post("/v1/orders", content=chunks())

    assert service.asked[0].body == b"x" * 200_000


async def test_a_body_is_not_forwarded_to_an_operation_without_one(
    client: httpx.AsyncClient, service: FakeHttpService
) -> None:
    await client.post(f"{ORDER}/cancellation", content=b"what for?")
    await client.request("GET", ORDER, content=b"what for?")

    assert [asked.header("content-length") for asked in service.asked] == [["0"], []]


async def test_the_response_is_returned_unchanged(
    client: httpx.AsyncClient, service: FakeHttpService
) -> None:
    service.handler = _answers(
        b'HTTP/1.1 201 Whatever\r\nLocation: /v1/orders/7\r\nETag: "1"\r\nX-Name: caf\xe9\r\n'
        b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
        b"Connection: X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\n[]"
    )

    response = await client.post("/v1/orders", content=b"{}")

    assert (response.status_code, response.content) == (201, b"[]")
    assert response.headers["location"] == "/v1/orders/7"
    assert response.headers["etag"] == '"1"'
    assert dict(response.headers.raw)[b"x-name"] == b"caf\xe9"
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert len(response.headers.get_list("date")) == 1
    assert not {"x-mine", "keep-alive", "connection"} & response.headers.keys()


async def test_redirects_and_cookies_are_not_interpreted(
    client: httpx.AsyncClient, service: FakeHttpService
) -> None:
    packed = b"\x1f\x8b not unpacked here"
    service.handler = _answers(
        b"HTTP/1.1 302 Found\r\nLocation: /v1/stock\r\nSet-Cookie: a=1; Path=/\r\n"
        b"X-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed
    )

    response = await client.get(ORDER)
    client.cookies.clear()
    await client.get(ORDER)

    assert (response.status_code, response.content) == (302, packed)
    assert [asked.target for asked in service.asked] == [ORDER, ORDER]
    assert service.asked[1].header("cookie") == []


async def test_a_compressed_response_stays_compressed(
    address: str, service: FakeHttpService
) -> None:
    packed = b"\x1f\x8b not valid gzip"
    service.handler = _answers(
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed)
        + packed
    )

    async with httpx.AsyncClient() as client, client.stream("GET", address + ORDER) as response:
        raw = b"".join([chunk async for chunk in response.aiter_raw()])

    assert (raw, response.headers["content-encoding"]) == (packed, "gzip")


async def test_a_head_request_is_forwarded_as_head(
    client: httpx.AsyncClient, service: FakeHttpService
) -> None:
    service.handler = _answers(b'HTTP/1.1 200 OK\r\ncontent-length: 1234\r\netag: "1"\r\n\r\n')

    for _ in range(2):
        response = await client.head(ORDER)
        assert (response.status_code, response.content) == (200, b"")
        assert response.headers["content-length"] == "1234"
        assert response.headers["etag"] == '"1"'
    assert [asked.method for asked in service.asked] == ["HEAD", "HEAD"]


@pytest.mark.parametrize("extra", [b"", b"content-length: 5\r\n"])
@pytest.mark.parametrize("status", [204, 304])
async def test_a_response_without_a_body_is_returned_without_one(
    client: httpx.AsyncClient, service: FakeHttpService, status: int, extra: bytes
) -> None:
    service.handler = _answers(b"HTTP/1.1 %d No\r\n" % status + extra + b"\r\n")

    for _ in range(2):
        response = await client.get(ORDER)
        assert (response.status_code, response.content) == (status, b"")
        assert not {"content-length", "transfer-encoding"} & response.headers.keys()


async def test_interim_responses_are_not_forwarded(
    client: httpx.AsyncClient, service: FakeHttpService
) -> None:
    service.handler = _answers(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + OK)

    response = await client.get(ORDER)

    assert (response.status_code, response.json()) == (200, {})


async def test_a_response_that_ends_with_its_connection_is_returned_completely(
    client: httpx.AsyncClient, service: FakeHttpService
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.write(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 100_000)
        await exchange.finish()

    service.handler = answer

    response = await client.get(ORDER)

    assert response.content == b"x" * 100_000


async def test_connections_to_a_service_are_reused(
    client: httpx.AsyncClient, service: FakeHttpService
) -> None:
    for _ in range(5):
        await client.get(ORDER)
        await client.post("/v1/orders", content=b"{}")

    assert (len(service.asked), service.connections) == (10, 1)
