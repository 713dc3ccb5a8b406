"""Timers on a real PostgreSQL: due work is done once, by any number of replicas."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from waybill.clock import ManualClock
from waybill.postgres import Database, Transaction
from waybill.postgres.migrations import migrate
from waybill.postgres.retention import INBOX_RETENTION, OUTBOX_RETENTION, event_retention
from waybill.postgres.timers import Timer, TimerLoop
from waybill_toolkit.testing.eventually import eventually

START = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate(database_url)
    database = await Database.open(database_url, source="test")
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE due (id int, due_at timestamptz, done int DEFAULT 0)")
    yield database
    await database.close()


async def _take(tx: Transaction, now: datetime, count: int) -> int:
    status = await tx.execute(
        "UPDATE due SET done = done + 1 WHERE id IN (SELECT id FROM due"
        " WHERE due_at <= $1 AND done = 0 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        now,
        count,
    )
    return int(status.split()[-1])


async def _insert(database: Database, first: int, last: int, due_at: datetime) -> None:
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO due (id, due_at) SELECT generate_series($1::int, $2), $3",
            first,
            last,
            due_at,
        )


async def _until(database: Database, sql: str) -> None:
    async with database.connection() as connection:
        await eventually(sql, partial(connection.fetchval, sql), bool)


async def test_each_row_is_taken_once_when_two_workers_run(database: Database) -> None:
    await _insert(database, 1, 2_000, START)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            loop = TimerLoop(Timer("test", 60, _take), database, ManualClock(START))
            tasks.create_task(loop.run(stop))
        await _until(database, "SELECT bool_and(done > 0) FROM due")
        stop.set()
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT max(done) FROM due") == 1


async def test_a_row_is_taken_when_its_time_comes_and_not_before(database: Database) -> None:
    await _insert(database, 1, 1, START)
    await _insert(database, 2, 2, START + timedelta(hours=1))
    clock, timer, stop = ManualClock(START), Timer("test", 60, _take), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(TimerLoop(timer, database, clock).run(stop))
        await _until(database, "SELECT count(*) = 1 FROM due WHERE done = 1")
        clock.advance(timedelta(hours=1))
        timer.wake()
        await _until(database, "SELECT count(*) = 2 FROM due WHERE done = 1")
        stop.set()


async def test_the_timer_retries_and_logs_one_error_when_it_fails_for_a_while(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    failures = 2

    async def take(tx: Transaction, now: datetime, count: int) -> int:
        nonlocal failures
        taken = await _take(tx, now, count)
        if failures:
            failures -= 1
            raise ZeroDivisionError
        return taken

    await _insert(database, 1, 1, START)
    stop = asyncio.Event()
    with caplog.at_level(logging.WARNING):
        async with asyncio.TaskGroup() as tasks:
            loop = TimerLoop(Timer("test", 60, take), database, ManualClock(START))
            tasks.create_task(loop.run(stop))
            await _until(database, "SELECT done = 1 FROM due")
            stop.set()
    messages = [
        record.message for record in caplog.records if record.name == "waybill.postgres.timers"
    ]
    assert len([each for each in messages if "failed" in each]) == 1
    assert messages[-1] == "timer test: recovered"


async def test_the_timer_recovers_when_the_database_was_down(database: Database) -> None:
    stop, timer = asyncio.Event(), Timer("test", 0.01, _take)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(TimerLoop(timer, database, ManualClock(START)).run(stop))
        async with database.connection() as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await _insert(database, 1, 1, START)
        await _until(database, "SELECT done = 1 FROM due")
        stop.set()


async def test_old_events_are_deleted_and_unpublished_events_are_kept(
    database: Database,
) -> None:
    old_sent, old_received = START - OUTBOX_RETENTION, START - INBOX_RETENTION
    second = timedelta(seconds=1)
    async with database.transaction() as tx:
        for published_at in (None, old_sent - second, old_sent + second):
            await tx.execute(
                "INSERT INTO outbox (event_id, topic, key, type, source, time, traceparent,"
                " payload, published_at)"
                " VALUES (gen_random_uuid(), '', '', '', '', $1, '', '', $2)",
                old_sent - timedelta(days=100),
                published_at,
            )
        for received_at in (old_received - second, old_received + second):
            await tx.execute("INSERT INTO inbox VALUES (gen_random_uuid(), $1)", received_at)
        assert await event_retention().take(tx, START, 100) == 2
        left = await tx.fetch("SELECT published_at FROM outbox ORDER BY position")
        assert [row["published_at"] for row in left] == [None, old_sent + second]
        assert await tx.fetchval("SELECT count(*) FROM inbox") == 1
