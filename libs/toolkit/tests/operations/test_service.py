"""Requests are retried while a service is unavailable, with the same Idempotency-Key."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import orjson
import pytest
import uvloop

from waybill_toolkit.operations.workload.service import RefusedError, Service, UnreachableError
from waybill_toolkit.platform.ports import LOOPBACK, free_port

Answer = Callable[[bytes], bytes | None]
"""Returns the response to a request; None closes the connection."""


def http(status: int, body: object, extra: str = "") -> bytes:
    content = orjson.dumps(body)
    head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(content)}\r\n{extra}\r\n"
    return head.encode() + content


def problem(status: int, slug: str) -> bytes:
    return http(status, {"type": f"urn:waybill:problem:{slug}", "detail": "so it is"})


@asynccontextmanager
async def serving(answer: Answer, port: int = 0) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = [
                    line[15:] for line in head.split(b"\r\n") if line.startswith(b"content-length")
                ]
                body = await reader.readexactly(int(length[0])) if length else b""
                response = answer(head + body)
                if response is None:
                    break
                writer.write(response)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, port)
    async with server:
        yield f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"


def in_turn(*answers: bytes | None) -> tuple[Answer, list[bytes]]:
    """Return these responses one after the other, and record the requests."""
    requests: list[bytes] = []
    remaining = iter(answers)

    def answer(request: bytes) -> bytes | None:
        requests.append(request)
        return next(remaining)

    return answer, requests


async def test_json_is_returned_when_the_service_answers() -> None:
    answer, requests = in_turn(http(200, {"a": 1}))
    async with serving(answer) as url:
        assert await Service("orders", url).get("/v1/orders", {"reference": "a b"}) == {"a": 1}
    assert requests[0].startswith(b"GET /v1/orders?reference=a+b HTTP/1.1\r\n")


def test_json_is_returned_when_the_loop_is_uvloop() -> None:
    uvloop.run(test_json_is_returned_when_the_service_answers())


async def test_one_connection_serves_requests_that_come_one_after_the_other() -> None:
    answer, _ = in_turn(http(200, 1), http(200, 2), http(200, 3))
    async with serving(answer) as url:
        service = Service("orders", url)
        assert [await service.get("/") for _ in range(3)] == [1, 2, 3]
        assert len(service._origin.origin._idle) == 1


async def test_a_chunked_answer_is_put_together() -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n"
    answer, _ = in_turn(chunked)
    async with serving(answer) as url:
        assert await Service("orders", url).get("/") == []


@pytest.mark.parametrize(
    "trouble",
    [
        *(None, problem(503, "unavailable"), problem(409, "idempotency-key-in-use"), b"?!"),
        *(problem(502, "bad-gateway"), problem(504, "gateway-timeout"), problem(429, "limited")),
    ],
)
async def test_the_same_request_is_sent_again_when_the_trouble_will_pass(
    trouble: bytes | None,
) -> None:
    answer, requests = in_turn(trouble, http(201, {"order_id": "1"}))
    async with serving(answer) as url:
        assert await Service("orders", url).post("/v1/orders", {"a": 1}, "key") == {"order_id": "1"}
    assert requests[0] == requests[1]
    assert b"idempotency-key: key\r\n" in requests[0]
    assert requests[0].endswith(b'{"a":1}')


async def test_the_request_arrives_when_the_service_comes_up_late() -> None:
    port = free_port()
    asked = asyncio.ensure_future(Service("orders", f"http://{LOOPBACK}:{port}").get("/"))
    done, _ = await asyncio.wait([asked], timeout=0)
    assert not done

    answer, _ = in_turn(http(200, "up"))
    async with serving(answer, port):
        assert await asked == "up"


async def test_a_refusal_says_what_the_service_says() -> None:
    answer, _ = in_turn(
        http(
            422,
            {
                "type": "urn:waybill:problem:invalid-body",
                "detail": "It does not fit.",
                "errors": [{"pointer": "/lines/0", "code": "x", "detail": "no"}],
            },
        )
    )
    async with serving(answer) as url:
        with pytest.raises(RefusedError) as caught:
            await Service("orders", url).get("/")
    assert (caught.value.status, caught.value.slug) == (422, "invalid-body")
    assert (
        str(caught.value) == "orders responds with 422 invalid-body: It does not fit.; /lines/0: no"
    )


async def test_a_refusal_says_in_which_trace_it_was() -> None:
    answer, _ = in_turn(http(500, {"type": "x", "detail": "No."}, "x-trace-id: 4bf92f\r\n"))
    async with serving(answer) as url:
        with pytest.raises(
            RefusedError, match=r"orders responds with 500 x: No\. \(trace 4bf92f\)"
        ):
            await Service("orders", url).get("/")


async def test_a_refusal_shows_the_answer_when_it_is_no_problem() -> None:
    answer, _ = in_turn(http(500, "<html>"))
    async with serving(answer) as url:
        with pytest.raises(RefusedError, match='orders responds with 500 : "<html>"'):
            await Service("orders", url).get("/")


async def test_it_gives_up_when_no_server_listens_for_too_long() -> None:
    service = Service("orders", f"http://{LOOPBACK}:{free_port()}", patience_seconds=0.01)
    with pytest.raises(
        UnreachableError, match=r"^orders did not respond to GET / within 0\.01 s: "
    ):
        await service.get("/")


async def test_all_pages_of_a_list_are_gone_through() -> None:
    answer, requests = in_turn(
        http(200, {"items": [{"n": 1}, {"n": 2}], "next_cursor": "a/b"}),
        http(200, {"items": [{"n": 3}], "next_cursor": None}),
    )
    async with serving(answer) as url:
        assert [item["n"] async for item in Service("x", url).items("/v1/x")] == [1, 2, 3]
    assert b"GET /v1/x?limit=500&cursor=a%2Fb " in requests[1]


async def test_the_answer_that_came_too_late_is_not_taken_for_the_next_one() -> None:
    answer, _ = in_turn(http(200, "late") + http(200, "surplus"), http(200, "next"))
    async with serving(answer) as url:
        service = Service("orders", url)
        assert [await service.get("/"), await service.get("/")] == ["late", "next"]
