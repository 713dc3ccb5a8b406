"""The pool of connections on a real PostgreSQL."""

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg
import pytest

from waybill.postgres import DatabaseUnavailableError
from waybill.postgres.connection import open_raw
from waybill.postgres.connection_pool import ConnectionPool

if TYPE_CHECKING:
    from waybill.postgres.errors import RawConnection

Result = TypeVar("Result")
NAME = "test-pool"
SIZE_MAX = 2


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[ConnectionPool]:
    pool = ConnectionPool(partial(open_raw, database_url, NAME), SIZE_MAX)
    yield pool
    async with asyncio.timeout(5):
        await pool.close()


@pytest.fixture
async def other(database_url: str) -> AsyncIterator["RawConnection"]:
    """A connection outside of the pool."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


def _start(work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
    """Start a task that the test ends: most of these tests cancel it."""
    return asyncio.get_running_loop().create_task(work)


async def _open_count(other: "RawConnection") -> int:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1"
    count: int = await other.fetchval(sql, NAME)
    return count


async def _terminate(other: "RawConnection", raw: "RawConnection") -> None:
    await other.execute("SELECT pg_terminate_backend($1, 5000)", raw.get_server_pid())


async def _sleep(pool: ConnectionPool) -> None:
    raw = await pool.acquire()
    try:
        await raw.execute("SELECT pg_sleep(30)")
    finally:
        await pool.release(raw)


async def _until_it_sleeps(other: "RawConnection") -> None:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND state = 'active'"
    while not await other.fetchval(sql):
        await asyncio.sleep(0.01)


async def _all_are_free(pool: ConnectionPool) -> bool:
    """Acquire as many connections as there may be, and use them."""
    async with asyncio.timeout(3):
        taken = [await pool.acquire() for _ in range(SIZE_MAX)]
    values = [await raw.fetchval("SELECT 1") for raw in taken]
    for raw in taken:
        await pool.release(raw)
    return values == [1] * SIZE_MAX


async def test_the_connection_that_was_used_last_is_used_next(pool: ConnectionPool) -> None:
    first, second = await pool.acquire(), await pool.acquire()
    await pool.release(second)
    await pool.release(first)
    for _ in range(3):
        assert await pool.acquire() is first
        await pool.release(first)


async def test_an_idle_connection_is_handed_out_without_waiting(pool: ConnectionPool) -> None:
    await pool.release(await pool.acquire())
    acquiring = pool.acquire()
    with pytest.raises(StopIteration) as done:
        acquiring.send(None)
    with pytest.raises(StopIteration):
        pool.release(done.value.value).send(None)


async def test_waiters_get_connections_in_the_order_of_their_calls(pool: ConnectionPool) -> None:
    taken = [await pool.acquire() for _ in range(SIZE_MAX)]
    order: list[int] = []

    async def use(number: int) -> None:
        raw = await pool.acquire()
        order.append(number)
        await raw.execute("SELECT 1")
        await pool.release(raw)

    async with asyncio.TaskGroup() as group:
        for number in range(6):
            group.create_task(use(number))
        await asyncio.sleep(0)
        for raw in taken:
            await pool.release(raw)
    assert order == list(range(6))


async def test_a_waiter_that_is_cancelled_loses_no_connection(pool: ConnectionPool) -> None:
    taken = [await pool.acquire() for _ in range(SIZE_MAX)]
    before, after = [_start(pool.acquire()) for _ in range(2)]
    await asyncio.sleep(0)
    before.cancel()
    for raw in taken:
        await pool.release(raw)
    after.cancel()  # it has been passed a connection, but has not run since
    await asyncio.wait([before, after])
    assert all(task.cancelled() for task in (before, after))
    assert await _all_are_free(pool)


async def test_a_waiter_that_waits_too_long_keeps_no_place_in_the_queue(
    pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = [await pool.acquire() for _ in range(SIZE_MAX)]
    with monkeypatch.context() as patch:
        patch.setattr("waybill.postgres.connection_pool.ACQUIRE_TIMEOUT_SECONDS", 0.02)
        with pytest.raises(DatabaseUnavailableError, match="TimeoutError"):
            await pool.acquire()
    for raw in taken:
        await pool.release(raw)
    assert await _all_are_free(pool)


async def test_a_connection_that_was_lost_while_idle_is_not_handed_out(
    pool: ConnectionPool, other: "RawConnection"
) -> None:
    taken = [await pool.acquire() for _ in range(SIZE_MAX)]
    for raw in taken:
        await pool.release(raw)
        await _terminate(other, raw)
    assert await _all_are_free(pool)


async def test_a_connection_that_is_lost_in_use_does_not_affect_others(
    pool: ConnectionPool, other: "RawConnection"
) -> None:
    lost, kept = await pool.acquire(), await pool.acquire()
    waiter = _start(pool.acquire())
    await _terminate(other, lost)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await lost.execute("SELECT 1")
    await pool.release(lost)
    opened = await waiter
    assert [await raw.fetchval("SELECT 1") for raw in (kept, opened)] == [1, 1]
    for raw in (kept, opened):
        await pool.release(raw)
    assert await _all_are_free(pool)


async def test_a_connection_in_a_transaction_is_closed_when_it_is_released(
    pool: ConnectionPool, other: "RawConnection"
) -> None:
    await other.execute("CREATE TABLE a (number int)")
    for statement in ("INSERT INTO a VALUES (1)", "SELECT 1/0"):
        raw = await pool.acquire()
        with suppress(asyncpg.DivisionByZeroError):
            await raw.execute(f"BEGIN; {statement}")
        await pool.release(raw)
        assert raw.is_closed()
        assert await _open_count(other) == 0
    assert await other.fetchval("SELECT count(*) FROM a") == 0
    assert await _all_are_free(pool)


async def test_a_cancelled_statement_has_ended_when_its_connection_is_released(
    pool: ConnectionPool, other: "RawConnection"
) -> None:
    work = _start(_sleep(pool))
    await _until_it_sleeps(other)
    work.cancel()
    await asyncio.wait([work])
    assert work.cancelled()
    assert await _open_count(other) == 0
    assert await _all_are_free(pool)


async def test_a_connection_is_not_lost_when_its_release_is_cancelled(
    pool: ConnectionPool, other: "RawConnection"
) -> None:
    for _ in range(SIZE_MAX):
        work = _start(_sleep(pool))
        await _until_it_sleeps(other)
        work.cancel()
        await asyncio.sleep(0)
        work.cancel()
        await asyncio.wait([work])
    assert await _all_are_free(pool)


async def test_a_connection_that_cannot_be_opened_leaves_its_slot_to_the_next(
    database_url: str,
) -> None:
    urls = iter(["postgresql://nobody@127.0.0.1:1/nothing", database_url])
    pool = ConnectionPool(lambda: open_raw(next(urls), NAME), 1)
    failing, waiting = [_start(pool.acquire()) for _ in range(2)]
    raw = await waiting
    with pytest.raises(DatabaseUnavailableError, match="ConnectionRefusedError"):
        await failing
    assert await raw.fetchval("SELECT 1") == 1
    await pool.release(raw)
    await pool.close()


async def test_cancelling_the_opening_of_a_connection_frees_its_slot(pool: ConnectionPool) -> None:
    for _ in range(SIZE_MAX + 1):
        opening = _start(pool.acquire())
        await asyncio.sleep(0)
        opening.cancel()
        await asyncio.wait([opening])
        assert opening.cancelled()
    assert await _all_are_free(pool)


async def test_a_connection_is_closed_when_it_is_not_used_and_another_one_stays(
    pool: ConnectionPool, other: "RawConnection", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waybill.postgres.connection_pool.UNUSED_SECONDS", 0.05)
    assert await _all_are_free(pool)
    assert await _open_count(other) == SIZE_MAX
    used = set()
    async with asyncio.timeout(5):
        while await _open_count(other) == SIZE_MAX:
            raw = await pool.acquire()
            used.add(raw)
            await pool.release(raw)
        assert len(used) == 1
        while await _open_count(other):
            await asyncio.sleep(0.02)
    assert await _all_are_free(pool)


async def test_closing_waits_for_the_connections_in_use_and_for_those_who_wait_for_them(
    pool: ConnectionPool, other: "RawConnection"
) -> None:
    taken = [await pool.acquire() for _ in range(SIZE_MAX)]
    waiter = _start(pool.acquire())
    await asyncio.sleep(0)
    closing = _start(pool.close())
    await asyncio.sleep(0)
    with pytest.raises(DatabaseUnavailableError):
        await pool.acquire()
    for raw in taken:
        await pool.release(raw)
    raw = await waiter
    assert not closing.done()
    assert await raw.fetchval("SELECT 1") == 1
    await pool.release(raw)
    await closing
    assert await _open_count(other) == 0


async def test_no_connection_is_lost_or_given_to_two_whatever_is_cancelled_or_killed(
    pool: ConnectionPool, other: "RawConnection"
) -> None:
    chance = random.Random(0)  # noqa: S311 - repeatable, no secret
    in_use: set[Any] = set()

    async def use(what: str) -> None:
        raw = await pool.acquire()
        assert raw not in in_use
        in_use.add(raw)
        assert len(in_use) <= SIZE_MAX
        try:
            await raw.execute(what)
        finally:
            in_use.remove(raw)
            await pool.release(raw)

    statements = ("SELECT 1", "BEGIN", "SELECT pg_sleep(0.01)", "SELECT 1/0")
    tasks: list[asyncio.Task[None]] = []
    for number in range(300):
        tasks.append(_start(use(chance.choice(statements))))
        await asyncio.sleep(chance.choice((0, 0, 0.001, 0.005)))
        if chance.random() < 0.4:
            chance.choice(tasks[-5:]).cancel()
        if number % 20 == 0 and in_use:
            await _terminate(other, chance.choice(list(in_use)))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert not any(isinstance(result, AssertionError) for result in results)
    assert await _all_are_free(pool)
