"""The start times of requests and the measurement of their latency."""

import asyncio
import time

import pytest

from waybill_toolkit.lab.bench.latencies import Latencies
from waybill_toolkit.lab.bench.load import Rate, closed_loop, open_loop


def never(_begun: int) -> bool:
    return False


def test_requests_are_intended_evenly_from_the_begin() -> None:
    rate = Rate(per_second=200, began=10.0)

    assert [rate.intended(number) for number in (0, 1, 100)] == [10.0, 10.005, 10.5]


@pytest.mark.parametrize(
    ("now", "due"), [(9.9, 0), (10.0, 1), (10.0049, 1), (10.0051, 2), (11.0001, 201)]
)
def test_a_request_is_due_at_its_intended_time_and_not_before(now: float, due: int) -> None:
    assert Rate(per_second=200, began=10.0).due(now) == due


async def test_waiting_counts_when_requests_begin_late() -> None:
    """The loop is blocked for the first 100 ms, so ten requests start late and count as slow."""
    latencies: list[float] = []

    async def act(number: int, intended: float) -> None:
        if number == 0:
            time.sleep(0.1)  # noqa: ASYNC251 - the client itself is held up
        latencies.append(asyncio.get_running_loop().time() - intended)

    begun = await open_loop(act, per_second=100, seconds=0.2, gives_up=never)

    assert begun == len(latencies) == 20
    assert latencies[0] >= 0.1
    assert 0.085 < latencies[1] < latencies[0]
    assert 0.04 < latencies[5] < latencies[1]


async def test_an_open_loop_does_not_wait_for_answers() -> None:
    under_way, most = 0, 0

    async def act(_number: int, _intended: float) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.1)
        under_way -= 1

    await open_loop(act, per_second=200, seconds=0.1, gives_up=never)

    assert most > 10
    assert under_way == 0


async def test_an_open_loop_gives_up_when_the_queue_only_grows() -> None:
    async def act(_number: int, _intended: float) -> None: ...

    begun = await open_loop(act, per_second=1000, seconds=60, gives_up=lambda begun: begun > 5)

    assert 5 < begun < 1000


async def test_a_closed_loop_has_each_client_wait_for_its_answer() -> None:
    under_way, most, numbers = 0, 0, []

    async def act(number: int, _intended: float) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        numbers.append(number)
        await asyncio.sleep(0.005)
        under_way -= 1

    await closed_loop(act, clients=3, seconds=0.05)

    assert most == 3
    assert numbers == list(range(len(numbers)))


async def test_a_failure_of_one_request_ends_the_load() -> None:
    async def act(number: int, _intended: float) -> None:
        if number == 2:
            raise LookupError("no such order")

    with pytest.raises(LookupError):
        await open_loop(act, per_second=1000, seconds=10, gives_up=never)


def test_percentiles_are_those_of_all_values() -> None:
    latencies = Latencies()
    for number in range(1, 1001):
        latencies.record(number / 1000)

    figures = latencies.figures("accept")

    assert latencies.count == 1000
    assert list(figures) == ["accept_ms_p50", "accept_ms_p90", "accept_ms_p99", "accept_ms_max"]
    assert list(figures.values()) == pytest.approx([500, 900, 990, 1000], rel=0.001)


def test_there_are_no_percentiles_of_nothing() -> None:
    assert set(Latencies().figures("accept").values()) == {None}
