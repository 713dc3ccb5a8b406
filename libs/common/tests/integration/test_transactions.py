"""What a transaction sends to a real PostgreSQL, and when."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import asyncpg
import pytest

from waybill.postgres import RUNS_MAX, ConcurrencyConflictError, Database, Transaction

ADD_A = "INSERT INTO a (number) VALUES ($1)"
ADD_B = "INSERT INTO b (number) VALUES ($1)"
A = "SELECT number FROM a ORDER BY number"
B = "SELECT number FROM b ORDER BY number"


class Recorder:
    """A connection that writes down what is sent over it: one line for each round trip."""

    def __init__(self, raw: Any, sent: list[str]) -> None:
        self._raw = raw
        self._sent = sent

    def __getattr__(self, name: str) -> Any:
        if name not in {"fetch", "fetchrow", "fetchval", "execute"}:
            return getattr(self._raw, name)

        async def send(sql: str, *arguments: object) -> Any:
            self._sent.append(sql)
            return await getattr(self._raw, name)(sql, *arguments)

        return send


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, pool_max=2)
    async with database.connection() as connection:
        await connection.execute("CREATE TABLE a (number int PRIMARY KEY CHECK (number <> 13))")
        await connection.execute("CREATE TABLE b (number int PRIMARY KEY)")
    yield database
    await database.close()


@pytest.fixture
def sent(database: Database) -> list[str]:
    """What the transactions of this test send."""
    lines: list[str] = []
    database.begin = lambda raw, *rest: Transaction(cast("Any", Recorder(raw, lines)), *rest)
    return lines


async def _numbers(database: Database, sql: str) -> list[int]:
    async with database.connection() as connection:
        return [row["number"] for row in await connection.fetch(sql)]


async def test_all_writes_are_one_round_trip_when_nothing_has_to_come_before(
    database: Database, sent: list[str]
) -> None:
    async with database.transaction() as tx:
        assert await tx.fetch_outside(A) == []
        await tx.enqueue(ADD_A, 1)
        await tx.enqueue(ADD_B, 2)
    assert sent == [A, f"with write_2 as ({ADD_B.replace('$1', '$2')}) {ADD_A}"]
    assert (await _numbers(database, A), await _numbers(database, B)) == ([1], [2])


async def test_a_read_sees_what_was_written_before_it(database: Database, sent: list[str]) -> None:
    async with database.transaction() as tx:
        await tx.enqueue(ADD_A, 1)
        assert [row["number"] for row in await tx.fetch_outside(A)] == [1]
        await tx.enqueue(ADD_A, 2)
        assert [row["number"] for row in await tx.fetch(A)] == [1, 2]
        assert await _numbers(database, A) == []
    assert sent == ["BEGIN", ADD_A, A, ADD_A, A, "COMMIT"]
    assert await _numbers(database, A) == [1, 2]


async def test_a_second_write_of_a_table_comes_after_the_first(
    database: Database, sent: list[str]
) -> None:
    raised = "UPDATE a SET number = number + 10"
    async with database.transaction() as tx:
        await tx.enqueue(ADD_A, 1)
        await tx.enqueue(raised)
        await tx.enqueue("DELETE FROM a WHERE number = $1", 1)
    assert sent == ["BEGIN", ADD_A, raised, "DELETE FROM a WHERE number = $1", "COMMIT"]
    assert await _numbers(database, A) == [11]


async def test_a_first_statement_without_arguments_goes_out_with_the_begin(
    database: Database, sent: list[str]
) -> None:
    async with database.transaction() as tx:
        await tx.execute("LOCK TABLE a")
        await tx.enqueue(ADD_A, 1)
    assert sent == ["BEGIN; LOCK TABLE a", ADD_A, "COMMIT"]
    assert await _numbers(database, A) == [1]


async def test_nothing_is_sent_when_nothing_is_done(database: Database, sent: list[str]) -> None:
    async with database.transaction():
        pass
    assert sent == []


async def _write(database: Database, *writes: tuple[str, int], claims: str | None = None) -> None:
    async with database.transaction() as tx:
        for sql, number in writes:
            await tx.enqueue(sql, number, claims=claims)


async def test_nothing_stays_when_one_of_the_writes_fails(database: Database) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await _write(database, (ADD_B, 1), (ADD_A, 13))
    with pytest.raises(asyncpg.CheckViolationError):
        await _write(database, (ADD_B, 1), (ADD_B, 2), (ADD_A, 13))
    assert (await _numbers(database, A), await _numbers(database, B)) == ([], [])


async def test_nothing_is_written_when_an_error_comes_before_the_end(
    database: Database, sent: list[str]
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await _write_and_fail(tx)
    assert sent == []


async def _write_and_fail(tx: Transaction) -> None:
    await tx.enqueue(ADD_A, 2)
    raise ZeroDivisionError


async def test_queued_writes_are_rolled_back_with_their_savepoint_and_earlier_ones_are_not(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        await tx.enqueue(ADD_A, 1)
        with pytest.raises(ZeroDivisionError):
            async with tx.savepoint():
                await _write_and_fail(tx)
        with pytest.raises(asyncpg.CheckViolationError):
            async with tx.savepoint():
                await tx.enqueue(ADD_A, 13)
        async with tx.savepoint():
            await tx.enqueue(ADD_A, 3)
    assert await _numbers(database, A) == [1, 3]


async def test_a_lost_race_is_told_from_a_mistake_and_leaves_nothing(database: Database) -> None:
    await _write(database, (ADD_A, 1))
    with pytest.raises(ConcurrencyConflictError):
        await _write(database, (ADD_B, 1), (ADD_A, 1), claims="a_pkey")
    with pytest.raises(asyncpg.UniqueViolationError):
        await _write(database, (ADD_B, 1), (ADD_A, 1))
    assert await _numbers(database, B) == []


async def test_a_failed_guard_is_a_conflict_another_null_an_error(
    database: Database,
) -> None:
    async with database.connection() as connection:
        await connection.execute("CREATE TABLE c (number int NOT NULL, other int NOT NULL)")
    add = "INSERT INTO c (number, other) VALUES ($1, $2)"

    async def write(number: int | None, other: int | None) -> None:
        async with database.transaction() as tx:
            await tx.enqueue(add, number, other, guards="c.number")
            await tx.enqueue(ADD_A, 1)

    with pytest.raises(ConcurrencyConflictError, match=r"changed what c\.number relies on"):
        await write(None, 1)
    with pytest.raises(asyncpg.NotNullViolationError, match="other"):
        await write(1, None)
    assert await _numbers(database, A) == []


async def test_only_the_work_of_an_optimistic_transaction_may_rely_on_what_it_remembers(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        assert not tx.optimistic
    async with database.transaction(optimistic=True) as tx:
        assert tx.optimistic
    await database.run(_is_not_optimistic)


async def _is_not_optimistic(tx: Transaction) -> None:
    assert not tx.optimistic


async def test_work_that_lost_a_race_is_done_again_and_sees_who_was_first(
    database: Database,
) -> None:
    both_looked = asyncio.Barrier(2)
    seen: list[list[int]] = []

    async def take_next(tx: Transaction) -> int:
        taken = [row["number"] for row in await tx.fetch_outside(A)]
        seen.append(taken)
        if not taken:
            await both_looked.wait()
        await tx.enqueue(ADD_A, len(taken) + 1, claims="a_pkey")
        return len(taken) + 1

    numbers = await asyncio.gather(database.run(take_next), database.run(take_next))
    assert sorted(numbers) == [1, 2]
    assert seen == [[], [], [1]]
    assert await _numbers(database, A) == [1, 2]


async def test_work_is_done_again_when_a_deadlock_has_chosen_it(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("INSERT INTO a VALUES (1), (2)")
    both_locked = asyncio.Barrier(2)
    one_is_done = asyncio.Event()
    runs = 0

    async def lock_both(tx: Transaction, first: int, second: int) -> None:
        nonlocal runs
        runs += 1
        is_again = runs > 2
        if is_again:  # else it may lock its first row before the other one wakes: another deadlock
            await one_is_done.wait()
        await tx.fetch("SELECT FROM a WHERE number = $1 FOR UPDATE", first)
        if not is_again:
            await both_locked.wait()
        await tx.fetch("SELECT FROM a WHERE number = $1 FOR UPDATE", second)

    async def run(first: int, second: int) -> None:
        await database.run(lambda tx: lock_both(tx, first, second))
        one_is_done.set()

    await asyncio.gather(run(1, 2), run(2, 1))
    assert runs == 3


async def test_work_is_given_up_when_it_loses_every_race(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("INSERT INTO a VALUES (1)")
    runs = 0

    async def lose(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        await tx.enqueue(ADD_A, 1, claims="a_pkey")

    with pytest.raises(ConcurrencyConflictError):
        await database.run(lose)
    assert runs == RUNS_MAX
