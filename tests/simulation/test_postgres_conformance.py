"""What the services rely on in PostgreSQL, shown on the simulated one and on the real one."""

import asyncio
from collections.abc import Awaitable

import asyncpg
import pytest
from tests.simulation.conftest import NOW, Port, Session

from waybill.ids import uuid7

STOCK = (
    "insert into stock (sku, on_hand, reserved, committed, updated_at) values ($1, $2, 0, 0, $3)"
)
TAKE = "update stock set on_hand = on_hand - $2 where sku = $1 and on_hand >= $2"
INBOX = "insert into inbox (event_id, received_at) select $1, $2 on conflict do nothing"
SEND = (
    "insert into outbox (event_id, topic, key, type, source, time, traceparent, payload)"
    " values ($1, 't', 'k', 'e', 's', $2, '', $3) returning position"
)
ON_HAND = "select on_hand from stock where sku = $1"


async def _blocked(asked: Awaitable[object]) -> "asyncio.Task[object]":
    """Begin something, and see that it waits."""

    async def ask() -> object:
        return await asked

    task: asyncio.Task[object] = asyncio.ensure_future(ask())
    done, _ = await asyncio.wait([task], timeout=0.2)
    assert not done
    return task


async def _pair(port: Port) -> tuple[Session, Session]:
    one, two = await port.open(), await port.open()
    await one.execute(STOCK, "tea", 1, NOW)
    await one.execute(STOCK, "mug", 1, NOW)
    await one.execute("BEGIN")
    await two.execute("BEGIN")
    return one, two


async def test_update_evaluates_the_row_again_after_waiting_for_its_lock(port: Port) -> None:
    one, two = await _pair(port)
    assert await one.execute(TAKE, "tea", 1) == "UPDATE 1"
    waiting = await _blocked(two.execute(TAKE, "tea", 1))
    await one.execute("COMMIT")
    assert await waiting == "UPDATE 0"


async def test_update_uses_the_old_row_when_the_other_rolls_back(port: Port) -> None:
    one, two = await _pair(port)
    await one.execute(TAKE, "tea", 1)
    waiting = await _blocked(two.execute(TAKE, "tea", 1))
    await one.execute("ROLLBACK")
    assert await waiting == "UPDATE 1"


async def test_rows_of_others_are_seen_when_they_are_committed(port: Port) -> None:
    one, two = await _pair(port)
    await one.execute(TAKE, "tea", 1)
    assert (await two.fetch(ON_HAND, "tea"))[0][0] == 1
    assert (await one.fetch(ON_HAND, "tea"))[0][0] == 0
    await one.execute("COMMIT")
    assert (await two.fetch(ON_HAND, "tea"))[0]["on_hand"] == 0


async def test_locked_rows_are_skipped_when_asked_for(port: Port) -> None:
    one, two = await _pair(port)
    sql = "select sku from stock order by sku limit 1 for update skip locked"
    assert [row[0] for row in await one.fetch(sql)] == ["mug"]
    assert [row[0] for row in await two.fetch(sql)] == ["tea"]


async def test_deadlock_ends_one_of_two(port: Port) -> None:
    one, two = await _pair(port)
    await one.execute(TAKE, "tea", 1)
    await two.execute(TAKE, "mug", 1)
    waiting = await _blocked(one.execute(TAKE, "mug", 1))
    with pytest.raises(asyncpg.DeadlockDetectedError):
        await asyncio.gather(two.execute(TAKE, "tea", 1), waiting)


@pytest.mark.parametrize(("end", "count"), [("COMMIT", 0), ("ROLLBACK", 1)])
async def test_insert_waits_for_a_concurrent_insert_of_the_same_key(
    port: Port, end: str, count: int
) -> None:
    one, two = await _pair(port)
    event_id = uuid7()
    await one.execute(INBOX, event_id, NOW)
    waiting = await _blocked(two.execute(INBOX, event_id, NOW))
    await one.execute(end)
    assert await waiting == f"INSERT 0 {count}"


async def test_positions_follow_the_asking_and_not_the_commits(port: Port) -> None:
    one, two = await _pair(port)
    await one.execute(SEND, uuid7(), NOW, b"")
    await two.execute(SEND, uuid7(), NOW, b"")
    await two.execute("COMMIT")
    assert [row[0] for row in await two.fetch("select position from outbox")] == [2]
    await one.execute("COMMIT")
    assert len(await two.fetch("select position from outbox")) == 2


async def test_statement_does_not_see_what_it_writes_itself(port: Port) -> None:
    one, _ = await _pair(port)
    rows = await one.fetch(
        "with taken as (update stock set on_hand = 0 where sku = 'tea' returning on_hand)"
        " select stock.on_hand, taken.on_hand from stock, taken where sku = 'tea'"
    )
    assert [tuple(row) for row in rows] == [(1, 0)]


async def test_savepoint_gives_back_rows_and_locks(port: Port) -> None:
    one, two = await _pair(port)
    await one.execute(TAKE, "mug", 1)
    await one.execute("SAVEPOINT attempt")
    await one.execute(TAKE, "tea", 1)
    waiting = await _blocked(two.execute(TAKE, "tea", 1))
    await one.execute("ROLLBACK TO SAVEPOINT attempt")
    assert await waiting == "UPDATE 1"
    assert (await one.fetch(ON_HAND, "mug"))[0][0] == 0


async def test_failed_transaction_takes_nothing_more_and_rolls_back(port: Port) -> None:
    one, _ = await _pair(port)
    await one.execute(TAKE, "mug", 1)
    with pytest.raises(asyncpg.CheckViolationError):
        await one.execute("update stock set on_hand = on_hand - 5 where sku = 'tea'")
    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await one.fetch(ON_HAND, "tea")
    assert await one.execute("COMMIT") == "ROLLBACK"
    assert (await one.fetch(ON_HAND, "mug"))[0][0] == 1


async def test_key_is_refused_when_it_is_there(port: Port) -> None:
    one, _ = await _pair(port)
    with pytest.raises(asyncpg.UniqueViolationError):
        await one.execute(STOCK, "tea", 1, NOW)


async def test_deleted_key_is_free_again(port: Port) -> None:
    one, two = await _pair(port)
    assert await one.execute("delete from stock where sku = 'tea'") == "DELETE 1"
    await one.execute(STOCK, "tea", 7, NOW)
    await one.execute("COMMIT")
    assert [row[0] for row in await two.fetch(ON_HAND, "tea")] == [7]


async def test_book_lock_is_held_until_the_transaction_ends(port: Port) -> None:
    one, two = await _pair(port)
    sql = "select pg_advisory_xact_lock(18766, 1)"
    await one.execute(sql)
    waiting = await _blocked(two.execute(sql))
    await one.execute("COMMIT")
    await waiting


async def test_session_lock_outlives_transactions(port: Port) -> None:
    one, two = await port.open(), await port.open()
    sql = "SELECT pg_try_advisory_lock($1)"
    await one.execute("BEGIN")
    assert (await one.fetch(sql, 7))[0][0] is True
    await one.execute("COMMIT")
    assert (await two.fetch(sql, 7))[0][0] is False
    assert (await one.fetch(sql, 7))[0][0] is True


KEY = (
    "insert into signing_keys (kid, algorithm, state, public_jwk, private_cipher, since)"
    " values ($1, 'ES256', $2, '', '', $3)"
)
SET_STATE = "update signing_keys set state = $2 where kid = $1"


async def test_partial_unique_index_covers_only_its_rows(port: Port) -> None:
    one, _ = await _pair(port)
    for kid in ("a", "b"):
        await one.execute(KEY, kid, "retired", NOW)
    await one.execute(KEY, "c", "current", NOW)
    await one.execute(KEY, "d", "next", NOW)
    await one.execute(SET_STATE, "c", "retired")
    await one.execute(SET_STATE, "d", "current")
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await one.execute(SET_STATE, "a", "current")
    assert refused.value.constraint_name == "signing_keys_algorithm_state_idx"


@pytest.mark.parametrize(("end", "is_refused"), [("COMMIT", True), ("ROLLBACK", False)])
async def test_insert_waits_for_a_concurrent_key_of_a_partial_index(
    port: Port, end: str, *, is_refused: bool
) -> None:
    one, two = await _pair(port)
    await one.execute(KEY, "a", "next", NOW)
    waiting = await _blocked(two.execute(KEY, "b", "next", NOW))
    await one.execute(end)
    if is_refused:
        with pytest.raises(asyncpg.UniqueViolationError):
            await waiting
    else:
        assert await waiting == "INSERT 0 1"


async def test_lock_of_a_table_waits_for_another_one(port: Port) -> None:
    one, two = await _pair(port)
    lock = "lock table signing_keys in share row exclusive mode"
    assert await one.execute(lock) == "LOCK TABLE"
    waiting = await _blocked(two.execute(lock))
    await one.execute("COMMIT")
    assert await waiting == "LOCK TABLE"


async def test_row_that_is_read_for_share_is_not_changed_meanwhile(port: Port) -> None:
    one, two = await _pair(port)
    await one.fetch("select on_hand from stock where sku = 'tea' for share")
    waiting = await _blocked(two.execute(TAKE, "tea", 1))
    await one.execute("COMMIT")
    assert await waiting == "UPDATE 1"
