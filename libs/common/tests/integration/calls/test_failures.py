"""Calls of services that are down, slow, busy or broken."""

import asyncio

import aiohttp
import pytest

from waybill import deadline
from waybill.calls import NotExecutedError, UnansweredError
from waybill.calls.breaker import FAILURES_MAX, OPEN_SECONDS
from waybill.calls.client import ATTEMPTS_MAX
from waybill.calls.limits import Bulkhead, RetryBudget
from waybill_toolkit.testing.fake_http_service import Exchange, FakeHttpService

from .conftest import Client, ManualTime
from .test_answers import CREATED, THING, answer, response
from .thing import CREATE, CREATE_ONCE, GET, GET_OR_LAST, GetThing200, Thing

UNAVAILABLE = response(503, {"type": "urn:waybill:problem:unavailable"}, "Retry-After: 2")
BUSY = response(429, {}, "Retry-After: 1")
BODY = Thing(name="a", size=1)


async def say_nothing(exchange: Exchange) -> None:
    while await exchange.read_some():
        pass


async def cut(exchange: Exchange) -> None:
    await exchange.read_body()
    exchange.cut()


async def test_a_dead_service_is_named_to_the_client(
    service: FakeHttpService, client_of: Client, time: ManualTime
) -> None:
    await service.stop()

    with pytest.raises(NotExecutedError) as failed:
        await client_of(service.address).call(CREATE_ONCE, body=BODY, key="1")

    assert failed.value.problem.status == 503
    assert failed.value.problem.detail == "things is unavailable; try again shortly."
    assert dict(failed.value.problem.headers()) == {"Retry-After": "1"}
    assert time.pauses == [0.1, 0.2]  # nothing was executed, so that even a write is sent again


async def test_a_service_without_an_answer_is_waited_for_once(
    service: FakeHttpService, client_of: Client, time: ManualTime
) -> None:
    service.handler = say_nothing

    with pytest.raises(UnansweredError, match=r"no response within 0\.1 s"):
        await client_of(service.address, seconds=0.1).call(GET, thing_id="a")

    assert (len(service.asked), time.pauses) == (1, [])


async def test_a_half_open_connection_is_given_up(
    service: FakeHttpService, client_of: Client
) -> None:
    """The response begins and never ends."""

    async def begin(exchange: Exchange) -> None:
        await exchange.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
        await say_nothing(exchange)

    service.handler = begin

    with pytest.raises(UnansweredError, match="no response within"):
        await client_of(service.address, seconds=0.1).call(GET, thing_id="a")


async def test_a_read_is_sent_again_after_what_the_service_wants(
    service: FakeHttpService, client_of: Client, time: ManualTime
) -> None:
    answer(service, UNAVAILABLE, BUSY, THING)

    found = await client_of(service.address).call(GET, thing_id="a")

    assert isinstance(found, GetThing200)
    assert time.pauses == [2.1, 1.2]


async def test_no_retry_is_made_that_comes_too_late(
    service: FakeHttpService, client_of: Client, time: ManualTime
) -> None:
    answer(service, UNAVAILABLE)

    with pytest.raises(UnansweredError):
        await client_of(service.address, seconds=2.0).call(GET, thing_id="a")

    assert (len(service.asked), time.pauses) == (1, [])


async def test_a_write_is_repeated_only_if_it_may_be(
    service: FakeHttpService, client_of: Client
) -> None:
    client = client_of(service.address)
    service.handler = cut
    with pytest.raises(UnansweredError):
        await client.call(CREATE_ONCE, body=BODY)
    assert len(service.asked) == 1

    with pytest.raises(UnansweredError):
        await client.call(CREATE, body=BODY, key="1")
    assert len(service.asked) == 1 + ATTEMPTS_MAX
    assert {*map(tuple, (each.header("idempotency-key") for each in service.asked[1:]))} == {("1",)}

    answer(service, BUSY, CREATED)  # 429: it was not executed
    await client.call(CREATE_ONCE, body=BODY)


async def test_retries_are_a_tenth_of_the_calls_when_the_budget_is_spent(
    service: FakeHttpService, client_of: Client
) -> None:
    answer(service, response(502, {}))
    # The breaker is another guard: each call has an address of its own.
    budget = RetryBudget(retries_max=4.0)
    for _ in range(102):
        with pytest.raises(UnansweredError):
            await client_of(service.address, budget=budget).call(GET, thing_id="a")

    # The bucket had 4 and got a tenth for each call; it was full at the first one.
    assert len(service.asked) == 102 + 4 + 10


async def test_the_breaker_opens_and_closes(
    service: FakeHttpService, client_of: Client, time: ManualTime
) -> None:
    client = client_of(service.address, budget=RetryBudget(retries_max=0.0, retries_per_call=0.0))
    service.handler = cut
    for _ in range(FAILURES_MAX):
        with pytest.raises(UnansweredError):
            await client.call(GET, thing_id="a")

    with pytest.raises(NotExecutedError, match="its last requests have failed"):
        await client.call(GET, thing_id="a")
    assert (len(service.asked), client.targets.is_up) == (FAILURES_MAX, False)

    answer(service, THING)
    time.now += OPEN_SECONDS
    assert isinstance(await client.call(GET, thing_id="a"), GetThing200)
    assert client.targets.is_up


async def test_a_full_bulkhead_refuses_at_once(service: FakeHttpService, client_of: Client) -> None:
    release = asyncio.Event()

    async def wait(exchange: Exchange) -> None:
        await release.wait()
        await exchange.write(THING)

    service.handler = wait
    client = client_of(service.address, bulkhead=Bulkhead(2))
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(client.call(GET, thing_id=each)) for each in "ab"]
        while len(service.asked) < 2:
            await service.until_asked(*running)
            await asyncio.sleep(0)
        with pytest.raises(NotExecutedError, match="2 calls are running"):
            await client.call(GET, thing_id="c")
        release.set()

    assert isinstance(await client.call(GET, thing_id="c"), GetThing200)


async def test_a_call_gets_what_is_left_of_the_deadline(
    service: FakeHttpService, client_of: Client
) -> None:
    answer(service, THING)
    client = client_of(service.address, seconds=5.0)
    await client.call(GET, thing_id="a")
    with deadline.within(2.0), deadline.within(60.0):
        await client.call(GET, thing_id="a")

    own, passed_on = (int(each.header("request-timeout-ms")[0]) for each in service.asked)
    assert own == 5000
    assert 0 < passed_on <= 2000


async def test_no_call_is_made_when_no_time_is_left(
    service: FakeHttpService, client_of: Client
) -> None:
    with deadline.within(0.0), pytest.raises(NotExecutedError, match="no time is left"):
        await client_of(service.address).call(GET, thing_id="a")

    assert service.asked == []


async def test_a_caller_without_patience_does_not_open_the_breaker(
    service: FakeHttpService, client_of: Client
) -> None:
    service.handler = say_nothing
    client = client_of(service.address)
    for _ in range(FAILURES_MAX):
        with deadline.within(0.1), pytest.raises(UnansweredError):
            await client.call(GET, thing_id="a")

    assert client.targets.is_up


async def test_the_last_answer_is_the_fallback_where_the_contract_names_it(
    service: FakeHttpService, client_of: Client, time: ManualTime
) -> None:
    answer(service, THING)
    client = client_of(service.address)
    first = await client.call(GET_OR_LAST, thing_id="a")
    await service.stop()

    assert await client.call(GET_OR_LAST, thing_id="a") == first
    with pytest.raises(NotExecutedError):
        await client.call(GET_OR_LAST, thing_id="never asked")
    time.now += 60
    with pytest.raises(NotExecutedError):
        await client.call(GET_OR_LAST, thing_id="a")


async def test_the_next_address_is_used_when_one_is_dead(
    service: FakeHttpService, client_of: Client, session: aiohttp.ClientSession
) -> None:
    answer(service, THING)
    async with FakeHttpService() as other:
        answer(other, THING)
        client = client_of(service.address, other.address)
        for _ in range(4):
            await client.call(GET, thing_id="a")
        assert (len(service.asked), len(other.asked)) == (2, 2)

    for _ in range(20):
        assert isinstance(await client.call(GET, thing_id="a"), GetThing200)
    assert len(service.asked) == 22
