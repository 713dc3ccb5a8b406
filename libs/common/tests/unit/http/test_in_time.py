"""Callers say how long they wait for an answer."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
from libs.common.tests.unit.http.conftest import (
    ORDER,
    Api,
    GetOrder200,
    Order,
    Placed,
    PlaceOrder201,
    PlaceOrderResult,
    assert_problem,
)
from typing_extensions import override

from waybill import deadline
from waybill.calls import NotExecutedError
from waybill.http import Call

Serve = Callable[..., httpx.AsyncClient]

HEADER = "Request-Timeout-Ms"


class Slow(Api):
    """Reads never end; a write ends after the deadline of its caller."""

    def __init__(self) -> None:
        self.cancelled = asyncio.Event()
        self.left: list[float | None] = []

    @override
    async def list_orders(self, _call: Call, **arguments: object) -> GetOrder200:
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()
        return GetOrder200(body={})

    @override
    async def place_order(self, _call: Call, body: Order) -> PlaceOrderResult:
        while (left := deadline.seconds_left()) is not None and left > 0:
            await asyncio.sleep(0)
        self.left.append(left)
        return PlaceOrder201(body=Placed(order_id="1"), location="/v1/orders/1")


async def test_a_read_is_cancelled_at_the_deadline(serve: Serve) -> None:
    slow = Slow()

    response = await serve(slow).get("/v1/orders", headers={HEADER: "20"})

    problem = assert_problem(response, 503, "unavailable")
    assert problem["detail"] == "Request-Timeout-Ms has passed."
    assert slow.cancelled.is_set()


async def test_a_write_that_has_begun_is_finished(serve: Serve) -> None:
    slow = Slow()

    response = await serve(slow).post("/v1/orders", json=ORDER, headers={HEADER: "5"})

    assert response.status_code == 201
    (left,) = slow.left
    assert left is not None
    assert left <= 0


async def test_nothing_is_begun_after_the_deadline(serve: Serve) -> None:
    slow = Slow()

    response = await serve(slow).post("/v1/orders", json=ORDER, headers={HEADER: "0"})

    problem = assert_problem(response, 503, "unavailable")
    assert problem["detail"] == "Request-Timeout-Ms had passed; nothing was executed."
    assert slow.left == []


async def test_a_request_without_the_header_has_no_deadline(serve: Serve) -> None:
    slow = Slow()

    await serve(slow).post("/v1/orders", json=ORDER)

    assert slow.left == [None]


@pytest.mark.parametrize("value", ["1.5", "-1", "soon", "9999999999", ""])
async def test_a_header_that_is_no_number_is_refused(serve: Serve, value: str) -> None:
    response = await serve().get("/v1/orders", headers={HEADER: value})

    problem = assert_problem(response, 400, "malformed-request")
    assert "number of milliseconds" in problem["detail"]


async def test_a_timeout_of_the_handler_itself_is_an_error(serve: Serve) -> None:
    class Failing(Api):
        @override
        async def list_orders(self, _call: Call, **arguments: object) -> GetOrder200:
            raise TimeoutError

    response = await serve(Failing()).get("/v1/orders", headers={HEADER: "60000"})

    assert_problem(response, 500, "internal")


async def test_a_failed_call_of_a_handler_names_the_service(serve: Serve) -> None:
    class Calling(Api):
        @override
        async def list_orders(self, _call: Call, **arguments: object) -> GetOrder200:
            raise NotExecutedError("catalog", "connection refused")

    problem = assert_problem(await serve(Calling()).get("/v1/orders"), 503, "unavailable")

    assert problem["detail"] == "catalog is unavailable; try again shortly."
