"""The chain of the security log: no entry is lost, and each change is found."""

import asyncio
from typing import Any

import pytest
from libs.common.tests.integration.security_log.conftest import NOW, Run, act, tamper, targets

from waybill.postgres import Database
from waybill.security_log import chain as chain_module
from waybill.security_log import record
from waybill.security_log.chain import CANONICAL, FIRST_PREV, chainer, hash_of
from waybill.security_log.checking import BREAKS


async def breaks(database: Database) -> list[tuple[int, str]]:
    async with database.connection() as connection:
        # What is hashed must not depend on the settings of a session.
        await connection.execute("SET TimeZone = 'Asia/Kathmandu'")
        await connection.execute("SET DateStyle = 'German'")
        try:
            rows = await connection.fetch(BREAKS)
        finally:
            await connection.execute("RESET ALL")
    return [(row["number"], row["fault"]) for row in rows]


async def test_each_entry_has_the_hash_of_itself_and_of_the_one_before(
    database: Database, chain: Run
) -> None:
    await act(database, "a", "b", "c")
    assert await chain() == 3
    async with database.connection() as connection:
        rows = await connection.fetch(
            f"SELECT number, prev, hash, {CANONICAL} AS text FROM security_log ORDER BY number"
        )
    before = FIRST_PREV
    for number, row in enumerate(rows, start=1):
        assert (row["number"], row["prev"]) == (number, before)
        before = hash_of(before, row["text"])
        assert row["hash"] == before
    assert await breaks(database) == []


async def test_an_entry_is_chained_when_its_transaction_commits_after_later_ones(
    database: Database, chain: Run
) -> None:
    async with database.transaction() as slow:
        await record(slow, "door.opened", target="slow")
        await slow.fetchval("SELECT 1")  # it has its position
        await act(database, "quick")
        assert await chain() == 1
    assert await chain() == 1

    assert await targets(database) == ["quick", "slow"]
    async with database.connection() as connection:
        positions = await connection.fetch("SELECT position FROM security_log ORDER BY number")
    assert [row["position"] for row in positions] == [2, 1]
    assert await breaks(database) == []


async def test_one_chainer_works_at_a_time_when_there_are_two_replicas(
    database: Database, chain: Run
) -> None:
    await act(database, "a")
    timer = chainer()
    async with database.transaction() as first:
        assert await timer.take(first, NOW, 100) == 1
        await act(database, "b")
        async with database.transaction() as second:
            assert await timer.take(second, NOW, 100) == 0
    assert await chain() == 1
    assert await targets(database) == ["a", "b"]
    assert await breaks(database) == []


async def test_entries_are_numbered_once_when_chainers_and_acts_run_at_once(
    database: Database, chain: Run
) -> None:
    names = [str(number) for number in range(60)]
    async with asyncio.TaskGroup() as tasks:
        for start in range(0, 60, 20):
            tasks.create_task(act(database, *names[start : start + 20]))
        for _ in range(4):
            tasks.create_task(_many_times(chain))
    await chain()
    assert sorted(await targets(database)) == sorted(names)
    assert await breaks(database) == []


async def _many_times(chain: Run) -> None:
    for _ in range(10):
        await chain()
        await asyncio.sleep(0)


async def test_a_batch_is_chained_anew_when_its_chainer_fails_in_the_middle(
    database: Database, chain: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain_module, "BATCH_MAX", 2)
    await act(database, "a", "b", "c", "d", "e")

    async def fail() -> None:
        async with database.transaction() as tx:
            assert await chainer().take(tx, NOW, 100) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await targets(database) == []
    assert await chain() == 5
    assert await targets(database) == ["a", "b", "c", "d", "e"]
    assert await breaks(database) == []


CHANGED, MOVED = "it was changed", "it does not follow the entry before it"
REMOVED = "the entries before it were removed"


@pytest.mark.parametrize(
    ("sql", "number", "fault"),
    [
        ("UPDATE security_log SET actor = 'user:2' WHERE number = 2", 2, CHANGED),
        ("UPDATE security_log SET at = at + interval '1 us' WHERE number = 3", 3, CHANGED),
        ("UPDATE security_log SET target = NULL WHERE number = 1", 1, CHANGED),
        ("DELETE FROM security_log WHERE number = 1", 2, REMOVED),
        ("DELETE FROM security_log WHERE number IN (2, 3)", 4, REMOVED),
        (
            (
                "DELETE FROM security_log WHERE number = 2;"
                "UPDATE security_log SET number = number - 1 WHERE number > 2"
            ),
            2,
            MOVED,
        ),
        (
            (
                "UPDATE security_log SET number = 9 WHERE number = 2;"
                "UPDATE security_log SET number = 2 WHERE number = 3;"
                "UPDATE security_log SET number = 3 WHERE number = 9"
            ),
            2,
            MOVED,
        ),
        (
            (
                "UPDATE security_log AS one SET target = other.target FROM security_log AS other"
                " WHERE one.number IN (2, 3) AND other.number = 5 - one.number"
            ),
            2,
            CHANGED,
        ),
        (
            "UPDATE security_log SET actor = 'user:2', hash = sha256(prev) WHERE number = 2",
            2,
            CHANGED,
        ),
    ],
)
async def test_the_first_entry_is_named_when_entries_are_changed_removed_or_swapped(
    database: Database, chain: Run, sql: str, number: int, fault: str
) -> None:
    await act(database, "a", "b", "c", "d")
    await chain()
    await tamper(database, sql)
    found: list[Any] = await breaks(database)
    assert found[0][0] == number
    assert found[0][1].startswith(fault)


async def test_an_inserted_entry_breaks_the_chain(database: Database, chain: Run) -> None:
    await act(database, "a", "b")
    await chain()
    await tamper(
        database,
        "INSERT INTO security_log (actor, action, detail, number, prev, hash)"
        " SELECT 'user:2', 'door.opened', '{}', 3, hash, sha256('x') FROM security_log"
        " WHERE number = 2",
    )
    assert await breaks(database) == [(3, CHANGED)]
