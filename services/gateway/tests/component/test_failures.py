"""Responses of the gateway when a service is down, slow, or violates HTTP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from waybill.calls.breaker import FAILURES_MAX
from waybill_toolkit.testing.eventually import eventually
from waybill_toolkit.testing.fake_http_service import OK, Exchange, FakeHttpService, answer_ok

if TYPE_CHECKING:
    from services.gateway.tests.conftest import Open, OpenChecked

ORDER: Final = "/v1/orders/019ab2d4-0001-7c1a-9a3b-5d0c6f8e2b41"
PRICE: Final = "/v1/variants/A/price"
KEY: Final = "retry it with the same Idempotency-Key"


async def cut(exchange: Exchange) -> None:
    await exchange.read_body()
    exchange.cut()


async def say_nothing(exchange: Exchange) -> None:
    while await exchange.read_some():
        pass


def _slug(response: httpx.Response) -> str:
    return str(response.json()["type"]).rpartition(":")[2]


async def test_a_service_that_is_down_is_unavailable_until_it_runs_again(
    checked: httpx.AsyncClient, service: FakeHttpService
) -> None:
    assert (await checked.get("/v1/orders")).status_code == 200
    await service.stop()

    for method in ("GET", "POST"):
        away = await checked.request(method, "/v1/orders")
        assert (away.status_code, _slug(away)) == (503, "unavailable")
        assert away.headers["retry-after"] == "1"
        assert "was not executed" in away.json()["detail"]

    await service.start()
    assert (await checked.get("/v1/orders")).status_code == 200


async def test_a_service_that_is_down_gets_one_probe_a_second_and_does_not_hold_up_others(
    open_checked: OpenChecked, service: FakeHttpService
) -> None:
    catalog = FakeHttpService()
    await catalog.start()
    async with open_checked(upstreams={"catalog": catalog.address}) as client:
        await catalog.stop()
        answers = [await client.get("/v1/products") for _ in range(FAILURES_MAX + 3)]
        assert {each.status_code for each in answers} == {503}
        assert all("catalog is unavailable" in each.json()["detail"] for each in answers)
        assert (await client.post("/v1/orders", content=b"{}")).status_code == 200
        metrics = (await client.get("/metrics")).text
        assert 'waybill_upstream_up{service="catalog"} 0.0' in metrics
        assert 'waybill_upstream_up{service="orders"} 1.0' in metrics
        await catalog.start()

        async def ask() -> int:
            return (await client.get("/v1/products")).status_code

        await eventually("the catalogue again", ask, lambda status: status == 200)
    await catalog.stop()
    assert [asked.method for asked in service.asked] == ["POST"]


@pytest.mark.parametrize(("method", "path"), [("GET", ORDER), ("POST", "/v1/orders")])
async def test_a_read_or_a_keyed_write_is_retried_when_the_idle_connection_was_closed(
    client: httpx.AsyncClient, service: FakeHttpService, method: str, path: str
) -> None:
    async def cut_the_second(exchange: Exchange) -> None:
        await (cut if len(service.asked) == 2 else answer_ok)(exchange)

    service.handler = cut_the_second
    keyed = {"Idempotency-Key": "a-key"}

    found = [await client.request(method, path, headers=keyed) for _ in range(2)]

    assert [each.status_code for each in found] == [200, 200]
    assert [each.header("idempotency-key") for each in service.asked] == [["a-key"]] * 3


@pytest.mark.parametrize(
    ("method", "path", "content", "times", "advice"),
    [
        ("GET", ORDER, b"", 2, "Retry the request"),
        ("POST", "/v1/orders", b"{}", 2, KEY),
        ("POST", "/v1/orders", b"x" * 200_000, 2, KEY),
        ("POST", f"{ORDER}/cancellation", b"", 2, KEY),
        ("PUT", PRICE, b"{}", 1, "check the resource before you retry it"),
    ],
)
async def test_a_request_is_sent_again_once_if_that_is_safe_when_the_service_aborts_it(
    checked: httpx.AsyncClient,
    service: FakeHttpService,
    *,
    method: str,
    path: str,
    content: bytes,
    times: int,
    advice: str,
) -> None:
    await checked.get("/v1/orders")  # so that there is a kept connection
    service.handler = cut

    response = await checked.request(method, path, content=content)

    assert (response.status_code, _slug(response)) == (502, "bad-gateway")
    assert advice in response.json()["detail"]
    assert [asked.method for asked in service.asked] == ["GET"] + [method] * times


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_without_a_response_times_out_and_is_not_retried(
    open_checked: OpenChecked, service: FakeHttpService, method: str
) -> None:
    service.handler = say_nothing
    async with open_checked(answer_seconds=0.2) as client:
        response = await client.request(method, "/v1/orders")

    assert (response.status_code, _slug(response)) == (504, "gateway-timeout")
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"I am no web server\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 600 What\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nx-long: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad name: 1\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno number\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-le",
    ],
)
async def test_a_response_that_is_not_http_is_not_forwarded(
    checked: httpx.AsyncClient, service: FakeHttpService, answer: bytes
) -> None:
    async def garble(exchange: Exchange) -> None:
        await exchange.read_body()
        await exchange.write(answer)
        await exchange.finish()

    service.handler = garble

    response = await checked.put(PRICE, content=b"{}")

    assert (response.status_code, _slug(response)) == (502, "bad-gateway")
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "beginning",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n123",
    ],
)
async def test_the_client_connection_is_aborted_when_a_response_ends_early(
    client: httpx.AsyncClient, service: FakeHttpService, beginning: bytes
) -> None:
    async def break_off(exchange: Exchange) -> None:
        await exchange.write(beginning)
        await exchange.finish()

    service.handler = break_off
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get(ORDER)

    service.handler = answer_ok
    assert (await client.get(ORDER)).json() == {}


async def test_the_client_connection_is_aborted_when_a_response_becomes_invalid(
    open_checked: OpenChecked, service: FakeHttpService
) -> None:
    seen = asyncio.Event()

    async def forget(exchange: Exchange) -> None:
        await exchange.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n")
        await seen.wait()
        await exchange.write(b"no number\r\n")
        await say_nothing(exchange)

    service.handler = forget
    client = open_checked(answer_seconds=0.2)
    async with client, client.stream("GET", ORDER) as response:
        parts = response.aiter_raw()
        assert await anext(parts) == b"{"
        seen.set()
        with pytest.raises(httpx.RemoteProtocolError):
            await anext(parts)


async def test_the_client_connection_is_aborted_when_a_response_stalls(
    open_gateway: Open, service: FakeHttpService
) -> None:
    async def stop(exchange: Exchange) -> None:
        await exchange.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345")
        await say_nothing(exchange)

    service.handler = stop
    async with httpx.AsyncClient(base_url=open_gateway(answer_seconds=0.2)) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(ORDER)


async def test_bytes_after_a_response_are_not_used_as_another_response(
    client: httpx.AsyncClient, service: FakeHttpService
) -> None:
    async def say_too_much(exchange: Exchange) -> None:
        await exchange.write(OK + b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nstolen")

    service.handler = say_too_much
    first = await client.get(ORDER)
    service.handler = answer_ok
    second = await client.get(ORDER)

    assert (first.json(), second.json()) == ({}, {})


async def test_a_busy_service_is_unavailable_and_does_not_delay_others(
    open_checked: OpenChecked, service: FakeHttpService
) -> None:
    release = asyncio.Event()

    async def wait(exchange: Exchange) -> None:
        if "orders" in exchange.target:
            await release.wait()
        await exchange.write(OK)

    service.handler = wait
    async with FakeHttpService() as catalog:
        upstreams = {"catalog": catalog.address}
        client = open_checked(upstreams=upstreams, upstream_connections_max=1, connect_seconds=0.2)
        async with client, asyncio.TaskGroup() as group:
            first = group.create_task(client.get("/v1/orders"))
            await service.until_asked(first)
            busy = await client.get("/v1/orders")
            other = await client.get("/v1/variants")
            release.set()

    assert first.result().status_code == 200
    assert (busy.status_code, _slug(busy)) == (503, "unavailable")
    assert other.status_code == 200


async def test_a_request_is_refused_when_its_headers_cannot_be_forwarded_unchanged(
    checked: httpx.AsyncClient, service: FakeHttpService
) -> None:
    response = await checked.get(ORDER, headers=[(b"authorization", b"Bearer caf\xe9")])

    assert (response.status_code, _slug(response)) == (400, "malformed-request")
    assert service.asked == []


async def test_an_error_has_the_form_that_the_operation_declares(
    checked: httpx.AsyncClient, service: FakeHttpService
) -> None:
    await service.stop()

    page = await checked.get("/login")
    oauth = await checked.post("/oauth/token", data={"grant_type": "client_credentials"})

    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "identity is unavailable" in page.text
    assert (oauth.status_code, oauth.json()["error"]) == (503, "temporarily_unavailable")
    assert page.headers["retry-after"] == oauth.headers["retry-after"] == "1"
