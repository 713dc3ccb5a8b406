"""A wait fails at once, with the last state, when the expected state can no longer be reached."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from waybill.app import Service, build
from waybill.process.settings import ProcessSettings
from waybill_toolkit.testing.eventually import NotReachedError, eventually, order_reaches, read
from waybill_toolkit.testing.fake_http_service import Exchange, FakeHttpService
from waybill_toolkit.testing.serving import require_running, serving

AT_ONCE_SECONDS: Final = 15.0
"""Half of the timeout of 30 s; an idle machine needs milliseconds."""

HISTORY: Final = [
    {"number": 1, "at": "T1", "state": "reserve-stock", "detail": "placed"},
    {"number": 2, "at": "T2", "state": "completed", "detail": "stock-refused"},
]


@pytest.fixture(autouse=True)
def _ends_at_once() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < AT_ONCE_SECONDS


class Orders:
    """Answers like the orders service: each status once, the last one repeatedly."""

    def __init__(self) -> None:
        self.statuses = ["placed"]
        self.code = 200
        self.service = FakeHttpService(self._answer)

    async def _answer(self, exchange: Exchange) -> None:
        body: dict[str, Any] = {"transitions": HISTORY}
        code = 200
        if not exchange.target.endswith("/history"):
            status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
            body, code = {"order_id": "7", "status": status}, self.code
        content = json.dumps(body).encode()
        head = f"HTTP/1.1 {code} X\r\nx-trace-id: 4bf92f\r\ncontent-length: {len(content)}\r\n\r\n"
        await exchange.write(head.encode() + content)


@pytest_asyncio.fixture
async def orders() -> AsyncIterator[Orders]:
    orders = Orders()
    async with orders.service:
        yield orders


@pytest_asyncio.fixture
async def client(orders: Orders) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=orders.service.address) as client:
        yield client


async def test_an_order_is_returned_when_it_has_the_status(
    orders: Orders, client: httpx.AsyncClient
) -> None:
    orders.statuses = ["placed", "placed", "confirmed"]
    order = await order_reaches(client, "7", "confirmed")
    assert order == {"order_id": "7", "status": "confirmed"}


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ("confirmed", "rejected"),
        ("confirmed", "cancelling"),
        ("rejected", "confirmed"),
        ("cancelled", "rejected"),
        ("confirmed", "a-new-one"),
    ],
)
async def test_a_status_after_which_the_wanted_one_cannot_come_fails_at_once_with_the_history(
    orders: Orders, client: httpx.AsyncClient, wanted: str, seen: str
) -> None:
    orders.statuses = ["placed", seen]
    with pytest.raises(
        NotReachedError, match=f"to be {wanted}, which can no longer be reached"
    ) as failed:
        await order_reaches(client, "7", wanted)
    assert f"'status': '{seen}'" in str(failed.value)
    [note] = failed.value.__notes__
    assert note.endswith("T1 reserve-stock: placed\nT2 completed: stock-refused")


@pytest.mark.parametrize("code", [404, 422, 500, 503])
async def test_an_unexpected_answer_fails_at_once_with_status_trace_and_body(
    orders: Orders, client: httpx.AsyncClient, code: int
) -> None:
    orders.code = code
    with pytest.raises(NotReachedError) as failed:
        await order_reaches(client, "7", "confirmed")
    assert str(failed.value) == (
        f'GET /v1/orders/7 answered {code} (trace 4bf92f): {{"order_id": "7", "status": "placed"}}'
    )


async def test_a_service_that_is_gone_fails_at_once(
    orders: Orders, client: httpx.AsyncClient
) -> None:
    await orders.service.stop()
    with pytest.raises(NotReachedError, match="GET /v1/orders/7 got no answer: ConnectError"):
        await order_reaches(client, "7", "confirmed")


async def test_timeout_reports_the_expectation_the_time_and_the_last_state(
    client: httpx.AsyncClient,
) -> None:
    with pytest.raises(NotReachedError) as failed:
        await order_reaches(client, "7", "confirmed", within_seconds=0.2)
    assert str(failed.value) == (
        "waited 0.2 s for order 7 to be confirmed; seen last: {'order_id': '7', 'status': 'placed'}"
    )
    assert "its last history entries:" in failed.value.__notes__[0]


async def test_a_look_that_never_ends_is_over_time_too() -> None:
    with pytest.raises(NotReachedError, match=r"waited 0\.05 s for a sign; seen last: nothing"):
        await eventually("a sign", asyncio.Event().wait, bool, within_seconds=0.05)


async def test_what_a_look_raises_is_raised_at_once() -> None:
    async def look() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await eventually("a sign", look, bool)


async def test_read_gives_the_json_of_a_good_answer(client: httpx.AsyncClient) -> None:
    assert (await read(client, "/v1/orders/7"))["status"] == "placed"


class Crashing:
    """A part of a service that fails on request, or ends."""

    name = "relay of it"

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    async def run(self, stop: asyncio.Event) -> None:
        assert not stop.is_set()
        if self.error:
            raise self.error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no such column"), r"relay of it crashed.*ValueError\('no such column'\)"),
        (None, "relay of it returned early"),
    ],
)
async def test_crash_of_a_part_of_a_service_fails_waiting_tests_at_once(
    tmp_path: Path, error: Exception | None, said: str
) -> None:
    async def assemble(_settings: ProcessSettings) -> Service:
        return Service(contract=tmp_path, background=[Crashing(error)])

    async def nothing() -> bool:
        return False

    async def wait_for_it() -> None:
        with serving(build(ProcessSettings(service="it"), assemble)):
            await eventually("an event of it", nothing, bool)

    with pytest.raises(AssertionError, match=said):
        await wait_for_it()


def test_a_crash_fails_a_test_that_waits_for_nothing_too(tmp_path: Path) -> None:
    async def assemble(_settings: ProcessSettings) -> Service:
        return Service(contract=tmp_path, background=[Crashing(ValueError("no"))])

    with (
        pytest.raises(AssertionError, match="relay of it crashed"),
        serving(build(ProcessSettings(service="it"), assemble)),
    ):
        pass
    assert logging.getLogger("waybill.process.background").handlers == []
    require_running()  # the next test does not get the error
