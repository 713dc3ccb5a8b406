"""Answers are compressed where it helps and changes nothing else; 304 goes through."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Final

import httpx
import pytest

if TYPE_CHECKING:
    from services.gateway.tests.conftest import Open

    from waybill_toolkit.testing.fake_http_service import Exchange, FakeHttpService

PAGE: Final = b'{"items": [' + b'{"sku": "A"}, ' * 1_000 + b"{}]}"
JSON: Final = "content-type: application/json"


def _serve(service: FakeHttpService, body: bytes, *fields: str, status: str = "200 OK") -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.read_body()
        lines = [f"HTTP/1.1 {status}", *fields, f"content-length: {len(body)}", "", ""]
        await exchange.write("\r\n".join(lines).encode() + body)

    service.handler = answer


async def _raw(client: httpx.AsyncClient, accept: str | None = "gzip") -> tuple[str | None, bytes]:
    """Return the coding and the bytes of an answer, as they were sent."""
    headers = {"Accept-Encoding": accept} if accept is not None else {"Accept-Encoding": ""}
    async with client.stream("GET", "/v1/products", headers=headers) as response:
        assert "accept-encoding" in response.headers["vary"]
        body = b"".join([part async for part in response.aiter_raw()])
        return response.headers.get("content-encoding"), body


@pytest.mark.parametrize(
    "accept", ["gzip", "br, gzip", "gzip;q=0.5", "*", "deflate, GZIP ; q=1.0, br;q=0"]
)
async def test_a_page_is_compressed_for_a_client_that_accepts_it(
    client: httpx.AsyncClient, service: FakeHttpService, accept: str
) -> None:
    _serve(service, PAGE, JSON)
    coding, body = await _raw(client, accept)

    assert (coding, gzip.decompress(body)) == ("gzip", PAGE)
    assert len(body) < len(PAGE) / 10


@pytest.mark.parametrize("accept", [None, "identity", "br", "gzip;q=0", "*;q=0.0", "xgzip"])
async def test_a_page_is_sent_as_it_is_to_other_clients(
    client: httpx.AsyncClient, service: FakeHttpService, accept: str | None
) -> None:
    _serve(service, PAGE, JSON)

    assert await _raw(client, accept) == (None, PAGE)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"items": []}', [JSON]),
        (PAGE, [JSON, 'etag: "3"']),
        (PAGE, [JSON, "cache-control: no-transform"]),
        (PAGE, [JSON, "content-encoding: br"]),
        (PAGE, ["content-type: text/html"]),
        (PAGE, ["content-type: text/event-stream"]),
        (PAGE, []),
    ],
)
async def test_what_would_not_gain_or_would_become_wrong_is_sent_as_it_is(
    client: httpx.AsyncClient, service: FakeHttpService, body: bytes, fields: list[str]
) -> None:
    _serve(service, body, *fields)

    assert (await _raw(client))[1] == body


async def test_a_long_answer_is_compressed_as_it_arrives(
    open_gateway: Open, service: FakeHttpService
) -> None:
    body = b'{"n": "' + bytes(range(32, 34)) * 1_000_000 + b'"}'
    _serve(service, body, JSON)
    async with httpx.AsyncClient(base_url=open_gateway()) as client:
        response = await client.get("/v1/products")

    assert response.headers["content-encoding"] == "gzip"
    assert response.content == body


async def test_the_head_of_a_page_has_its_length(
    client: httpx.AsyncClient, service: FakeHttpService
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n")

    service.handler = answer
    response = await client.head("/v1/products")

    assert (response.headers["content-length"], response.content) == ("9999", b"")


async def test_a_version_that_the_client_has_is_not_sent_again(
    client: httpx.AsyncClient, service: FakeHttpService
) -> None:
    async def answer(exchange: Exchange) -> None:
        known = exchange.header("if-none-match") == ['"3"']
        lines = ["304 Not Modified"] if known else ["200 OK", JSON, "content-length: 2"]
        text = "\r\n".join([f"HTTP/1.1 {lines[0]}", *lines[1:], 'etag: "3"', "", ""])
        await exchange.write(text.encode() + (b"" if known else b"{}"))

    service.handler = answer
    product = "/v1/products/019ab2d4-0001-7c1a-9a3b-5d0c6f8e2b41"
    first = await client.get(product)
    second = await client.get(product, headers={"If-None-Match": first.headers["etag"]})

    assert (first.status_code, first.headers["etag"]) == (200, '"3"')
    assert (second.status_code, second.content, second.headers["etag"]) == (304, b"", '"3"')
