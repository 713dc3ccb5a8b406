"""The proxy with which the clients of all languages are tested."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from waybill_toolkit.contracts.sdk.tomorrow import (
    CODE,
    FIELD,
    PROBLEM,
    STATUS,
    TRACE_ID,
    VALUE,
    TomorrowProxy,
    tomorrow,
)
from waybill_toolkit.testing.fake_http_service import Exchange, FakeHttpService

ORDER = {"order_id": "1", "status": "placed", "totals": {"gross_minor": 1}}


async def answer(exchange: Exchange) -> None:
    await exchange.read_body()
    body = json.dumps(ORDER)
    head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\netag: 1\r\n"
    await exchange.write(f"{head}content-length: {len(body)}\r\n\r\n{body}".encode())


@pytest_asyncio.fixture
async def proxy() -> AsyncIterator[TomorrowProxy]:
    async with FakeHttpService(answer) as service:
        with tomorrow(service.address) as proxy:
            yield proxy


async def call(proxy: TomorrowProxy, mode: str, key: str = "k") -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.post(
            f"{proxy.at(mode)}/v1/orders?a=b", content=b"body", headers={"Idempotency-Key": key}
        )


async def test_today_passes_everything_on(proxy: TomorrowProxy) -> None:
    response = await call(proxy, "today")

    assert (response.json(), response.headers["etag"]) == (ORDER, "1")
    [received] = proxy.received
    assert (received.method, received.path, received.body) == ("POST", "/v1/orders?a=b", b"body")
    assert received.headers["idempotency-key"] == "k"


async def test_newer_has_an_unknown_status_and_unknown_fields(proxy: TomorrowProxy) -> None:
    order = (await call(proxy, "newer")).json()

    assert (order["status"], order[FIELD], order["totals"][FIELD]) == (STATUS, VALUE, VALUE)


async def test_later_becomes_today(proxy: TomorrowProxy) -> None:
    seen = [(await call(proxy, "later")).json()["status"] for _ in range(3)]

    assert seen == [STATUS, STATUS, "placed"]


async def test_refused_has_an_unknown_code(proxy: TomorrowProxy) -> None:
    assert (await call(proxy, "refused")).json()["rejection"]["code"] == CODE


async def test_problems_and_pages_come_from_the_proxy(proxy: TomorrowProxy) -> None:
    problem, incomplete, html = [
        await call(proxy, each) for each in ("problem", "incomplete", "html")
    ]

    assert (problem.status_code, problem.json()["type"]) == (409, PROBLEM)
    assert (incomplete.status_code, incomplete.json()["sku"]) == (422, 5)
    assert (html.status_code, html.headers["x-trace-id"]) == (502, TRACE_ID)


async def test_a_network_fault_comes_once_for_each_key(proxy: TomorrowProxy) -> None:
    first, second = [(await call(proxy, "busy")).status_code for _ in range(2)]
    assert (first, second) == (429, 200)
    assert len((await call(proxy, "garbled")).content) == len(json.dumps(ORDER)) // 2
    assert (await call(proxy, "garbled")).json() == ORDER
    for key in ("a", "b"):
        with pytest.raises(httpx.RemoteProtocolError):
            await call(proxy, "cut", key)
        assert (await call(proxy, "cut", key)).json() == ORDER
