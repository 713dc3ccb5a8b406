"""What a server does with bytes that are not a request, or not yet one."""

import select
import socket
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request

from waybill.http.protocol import LimitedHttpProtocol
from waybill.http.request_head import HEAD_BYTES_MAX
from waybill_toolkit.testing.raw_http import exchange
from waybill_toolkit.testing.serving import serving

POST = b"POST / HTTP/1.1\r\nhost: x\r\n"
GET = b"GET / HTTP/1.1\r\nhost: x\r\n"
CLOSE = b"connection: close\r\n"
LINE = b"x-a: " + b"a" * 8_000 + b"\r\n"
UPGRADE = b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAA\r\n"


class Impatient(LimitedHttpProtocol):
    stall_seconds = 0.1


class Few(LimitedHttpProtocol):
    connections_max = 5


def echo() -> FastAPI:
    """Make an app that returns what it gets."""
    app = FastAPI()

    @app.api_route("/", methods=["GET", "POST"])
    async def answer(request: Request) -> dict[str, object]:
        body = await request.body()
        return {"body": body.decode(), "fields": [name for name, _ in request.headers.items()]}

    return app


@pytest.fixture
def address() -> Iterator[str]:
    with serving(echo()) as address:
        yield address


@pytest.fixture
def impatient() -> Iterator[str]:
    with serving(echo(), Impatient) as address:
        yield address


@pytest.mark.parametrize(
    "pieces",
    [
        [GET, *[LINE] * 10],
        [GET, b"x-b: ", *[b"b" * 8_000] * 10],
        [b"GET /", *[b"u" * 8_000] * 10],
        [GET + LINE * 10 + b"\r\n"],
        [POST + b"transfer-encoding: chunked\r\n\r\n0\r\n", *[LINE] * 80],
    ],
    ids=["many fields", "one field", "target", "in one packet", "trailers"],
)
def test_a_head_above_the_limit_is_refused(address: str, pieces: list[bytes]) -> None:
    [reply] = exchange(address, *pieces)
    assert (reply.status, reply.problem) == (431, "head-too-large")
    assert reply.json()["trace_id"] == reply.headers["x-trace-id"]
    assert reply.headers["connection"] == "close"


def test_a_head_within_the_limit_is_served(address: str) -> None:
    rest = HEAD_BYTES_MAX - len(GET) - len(CLOSE) - len(LINE) * 8
    pieces = [GET + CLOSE, *[LINE] * 8, b"x-b: " + b"b" * (rest - 9) + b"\r\n\r\n"]
    assert [each.status for each in exchange(address, *pieces)] == [200]


def test_a_small_head_with_a_large_body_in_one_packet_is_served(address: str) -> None:
    body = b"b" * 100_000
    [reply] = exchange(address, POST + CLOSE + b"content-length: 100000\r\n\r\n" + body)
    assert reply.json()["body"] == body.decode()


@pytest.mark.parametrize(
    "piece",
    [
        b"GET / HTTP/1.1\r\nx: ",
        POST + b"content-length: 100\r\n\r\n{",
        POST + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx:",
    ],
    ids=["head", "body", "trailers"],
)
def test_a_request_that_stops_arriving_is_refused(impatient: str, piece: bytes) -> None:
    [reply] = exchange(impatient, piece)
    assert (reply.status, reply.problem) == (408, "request-timeout")


@pytest.mark.parametrize("pieces", [[], [b"\r\n", b"\r\n"]], ids=["nothing", "empty lines"])
def test_a_connection_without_a_request_is_closed(pieces: list[bytes]) -> None:
    class Unused(LimitedHttpProtocol):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)
            self.timeout_keep_alive = 0.1  # type: ignore[assignment] # uvicorn knows whole seconds

    with serving(echo(), Unused) as address:
        assert exchange(address, *pieces) == []


@pytest.mark.parametrize("inner", [b"{}", b"GET /inner HTTP/1.1\r\nhost: inner\r\n\r\n"])
@pytest.mark.parametrize("is_one_packet", [True, False])
def test_the_body_of_a_request_to_upgrade_is_its_body(
    address: str, inner: bytes, *, is_one_packet: bool
) -> None:
    head = POST + UPGRADE + b"content-length: %d\r\n\r\n" % len(inner)
    pieces = (
        [head + inner + GET, CLOSE + b"\r\n"]
        if is_one_packet
        else [head, inner, GET + CLOSE + b"\r\n"]
    )
    first, second = exchange(address, *pieces)
    assert first.json() == {
        "body": inner.decode(),
        "fields": ["host", "connection", "http2-settings", "content-length"],
    }
    assert second.json()["body"] == ""


@pytest.mark.parametrize(
    "fields",
    [
        b"content-length: 2\r\ncontent-length: 2\r\n",
        b"content-length: 2\r\ntransfer-encoding: chunked\r\n",
        b"transfer-encoding: chunked\r\ncontent-length: 2\r\n",
        b"transfer-encoding: gzip, chunked\r\n",
        b"transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n",
        b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
        b"transfer-encoding: xchunked\r\n",
        b"transfer-encoding : chunked\r\n",
        b"content-length: -1\r\n",
        b"content-length: 99999999999999999999999\r\n",
        b"host: y\r\n",
        b"x-a: b\r\n c\r\n",
        b"x-a: b\0c\r\n",
    ],
)
def test_a_request_is_refused_when_proxies_could_read_it_differently(
    address: str, fields: bytes
) -> None:
    [reply] = exchange(address, POST + fields + b"\r\n2\r\n{}\r\n0\r\n\r\n" + GET + CLOSE + b"\r\n")
    assert (reply.status, reply.problem) == (400, "malformed-request")
    assert reply.headers["connection"] == "close"


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\nhost: x\n\n",
        b"GET / HTTP/1.1\rhost: x\r\r",
        b"GET /\r\n\r\n",
        b"GET / HTTP/3.7\r\nhost: x\r\n\r\n",
        b"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"FOO / HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET http://evil.example HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /?a b HTTP/1.1\r\nhost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        POST + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}",
    ],
)
def test_what_is_no_request_is_refused_with_a_problem(address: str, request_: bytes) -> None:
    [reply] = exchange(address, request_)
    assert (reply.status, reply.problem) == (400, "malformed-request")
    assert reply.json()["detail"].endswith(".")


@pytest.mark.parametrize("fields", [b"", UPGRADE])
def test_http_1_0_needs_no_host(address: str, fields: bytes) -> None:
    replies = exchange(address, b"GET / HTTP/1.0\r\n" + fields + b"\r\n")
    assert [each.status for each in replies] == [200]


def test_trailers_are_not_header_fields(address: str) -> None:
    body = b"2\r\n{}\r\n0\r\nauthorization: Bearer x\r\n\r\n"
    [reply] = exchange(address, POST + CLOSE + b"transfer-encoding: chunked\r\n\r\n" + body)
    assert reply.json() == {"body": "{}", "fields": ["host", "connection", "transfer-encoding"]}


def test_requests_before_a_malformed_one_are_answered(address: str) -> None:
    replies = exchange(address, GET + b"\r\n" + GET + b"\r\n" + b"FOO / HTTP/1.1\r\n\r\n")
    assert [each.status for each in replies] == [200, 200]


def test_idle_connections_make_room_for_new_ones() -> None:
    with serving(echo(), Few) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        idle = [socket.create_connection((host, int(port)), timeout=30) for _ in range(20)]
        assert [each.status for each in exchange(address, GET + CLOSE + b"\r\n")] == [200]
        closed, _, _ = select.select(idle, [], [], 0)
        assert len(closed) == 16
        for each in idle:
            each.close()
