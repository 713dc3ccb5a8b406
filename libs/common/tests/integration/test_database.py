"""Transactions and lost connections on a real PostgreSQL."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import asyncpg
import pytest
from pydantic import BaseModel

from waybill import trace
from waybill.clock import ManualClock
from waybill.events import (
    PAYLOAD_BYTES_MAX,
    Event,
    Message,
    PayloadTooLargeError,
)
from waybill.ids import uuid7
from waybill.postgres import Database, DatabaseUnavailableError, Transaction
from waybill.postgres.migrations import migrate
from waybill.postgres.outbox import SentEvent

START = datetime(2026, 11, 22, tzinfo=UTC)


class Noted(BaseModel):
    account: str
    number: int


NOTED = Message("test.noted.v1", "test.note-events.v1", "account", Noted)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate(database_url)
    database = await Database.open(
        database_url, source="test", pool_max=2, clock=ManualClock(START)
    )
    yield database
    await database.close()


async def _numbers(database: Database) -> list[int]:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT (convert_from(payload, 'UTF8')::json->>'number')::int AS number"
            " FROM outbox ORDER BY position"
        )
    return [row["number"] for row in rows]


async def test_events_are_in_the_outbox_in_the_order_of_sending_after_the_commit(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        for number in range(100):
            tx.send(NOTED, Noted(account="a", number=number))
    assert await _numbers(database) == list(range(100))


async def test_nothing_is_in_the_outbox_when_the_transaction_fails(database: Database) -> None:
    sent: list[SentEvent] = []
    database.on_sent = sent.extend
    with pytest.raises(ZeroDivisionError):
        await _commit_and_fail(database)
    assert (await _numbers(database), sent) == ([], [])


async def test_on_sent_is_called_after_the_commit_and_only_when_events_were_sent(
    database: Database,
) -> None:
    sent: list[SentEvent] = []
    database.on_sent = sent.extend
    async with database.transaction() as tx:
        await tx.execute("SELECT 1")
    assert sent == []
    async with database.transaction() as tx:
        tx.send(NOTED, Noted(account="a", number=1))
        await tx.finish()
        assert sent == []
    assert await _numbers_sent(database, sent) == [1]


async def test_on_sent_gets_each_event_and_its_position_when_a_savepoint_is_rolled_back(
    database: Database,
) -> None:
    """As in a batch that is retried one by one: the events are written by several statements."""
    sent: list[SentEvent] = []
    database.on_sent = sent.extend
    async with database.transaction() as tx:
        for number in (1, 2):
            tx.send(NOTED, Noted(account="a", number=number))
        async with tx.savepoint():
            tx.send(NOTED, Noted(account="a", number=3))
            await tx.finish()
        with pytest.raises(ZeroDivisionError):
            await _write_and_fail(tx)
        tx.send(NOTED, Noted(account="a", number=5))
        await tx.finish()
        tx.send(NOTED, Noted(account="a", number=6))
    assert await _numbers_sent(database, sent) == [1, 2, 3, 5, 6]


async def test_on_sent_gets_events_that_were_queued_before_a_savepoint_that_is_rolled_back(
    database: Database,
) -> None:
    sent: list[SentEvent] = []
    database.on_sent = sent.extend
    async with database.transaction() as tx:
        tx.send(NOTED, Noted(account="a", number=1))
        await tx.finish()
        with pytest.raises(ZeroDivisionError):
            await _write_and_fail(tx)
    assert await _numbers_sent(database, sent) == [1]


async def _write_and_fail(tx: Transaction) -> None:
    async with tx.savepoint():
        tx.send(NOTED, Noted(account="a", number=4))
        await tx.finish()
        await tx.execute("SET CONSTRAINTS ALL IMMEDIATE")
        raise ZeroDivisionError


async def _numbers_sent(database: Database, sent: list[SentEvent]) -> list[int]:
    """Check that `on_sent` got what the outbox contains, and return the numbers."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT position, event_id, payload FROM outbox ORDER BY position"
        )
    found = [(each.position, each.event.event_id, each.event.payload) for each in sent]
    assert found == [tuple(row) for row in rows]
    return [json.loads(each.event.payload)["number"] for each in sent]


async def test_events_sent_before_a_savepoint_remain_when_it_is_rolled_back(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        tx.send(NOTED, Noted(account="a", number=1))
        with pytest.raises(ZeroDivisionError):
            await _send_and_fail(tx)
        tx.send(NOTED, Noted(account="a", number=3))
    assert await _numbers(database) == [1, 3]


async def _commit_and_fail(database: Database) -> None:
    async with database.transaction() as tx:
        tx.send(NOTED, Noted(account="a", number=2))
        raise ZeroDivisionError


async def _send_and_fail(tx: Transaction) -> None:
    async with tx.savepoint():
        tx.send(NOTED, Noted(account="a", number=2))
        await tx.finish()
        raise ZeroDivisionError


async def test_an_event_carries_the_trace_of_its_cause_or_else_the_current_trace(
    database: Database,
) -> None:
    cause = Event(uuid7(), "t", "s", START, "k", Noted(account="a", number=0), "00-aa-bb-01")
    async with database.transaction() as tx:
        with trace.within(None) as span:
            tx.send(NOTED, Noted(account="a", number=1))
        tx.send(NOTED, Noted(account="a", number=2), cause)
        rows = "SELECT source, time, traceparent FROM outbox ORDER BY position"
        await tx.finish()
        first, second = await tx.fetch(rows)
    assert tuple(first) == ("test", START, span.traceparent)
    assert second["traceparent"] == "00-aa-bb-01"


async def test_an_event_has_the_actor_of_its_cause_or_else_of_its_transaction(
    database: Database,
) -> None:
    old = Event(uuid7(), "t", "s", START, "k", Noted(account="a", number=0), "00-aa-bb-01")
    async with database.transaction() as tx:
        tx.send(NOTED, Noted(account="a", number=1))
        tx.actor = "user:1"
        tx.send(NOTED, Noted(account="a", number=2))
        tx.send(NOTED, Noted(account="a", number=3), old)
        tx.send(NOTED, Noted(account="a", number=4), replace(old, actor="service:shop"))
        await tx.finish()
        rows = await tx.fetch("SELECT actor FROM outbox ORDER BY position")
    assert [row["actor"] for row in rows] == ["system", "user:1", None, "service:shop"]


async def test_a_payload_that_is_too_large_is_refused_at_the_sender(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(PayloadTooLargeError):
            tx.send(NOTED, Noted(account="a" * PAYLOAD_BYTES_MAX, number=1))


async def test_the_database_is_unavailable_when_the_connection_is_lost_in_use(
    database: Database, database_url: str
) -> None:
    other = await Database.open(database_url)

    async def lose_the_connection() -> None:
        async with database.transaction() as tx:
            tx.send(NOTED, Noted(account="a", number=1))
            pid = await tx.fetchval("SELECT pg_backend_pid()")
            async with other.connection() as connection:
                await connection.execute("SELECT pg_terminate_backend($1)", pid)

    with pytest.raises(DatabaseUnavailableError):
        await lose_the_connection()
    assert await _numbers(database) == []
    await other.close()


async def test_the_database_is_unavailable_when_no_connection_is_free_in_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.connection(), database.connection():
        with monkeypatch.context() as patch:
            patch.setattr("waybill.postgres.connection_pool.ACQUIRE_TIMEOUT_SECONDS", 0.05)
            with pytest.raises(DatabaseUnavailableError):
                await database.connection().__aenter__()
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_the_database_is_unavailable_when_there_is_none() -> None:
    with pytest.raises(DatabaseUnavailableError):
        await Database.open("postgresql://nobody@127.0.0.1:1/nothing")


async def test_the_database_is_unavailable_when_its_disk_is_full(database: Database) -> None:
    with pytest.raises(DatabaseUnavailableError):
        async with database.connection() as connection:
            await connection.execute("do $$ begin raise sqlstate '53100'; end $$")


async def test_other_database_errors_are_raised_unchanged(database: Database) -> None:
    with pytest.raises(Exception, match="division by zero") as raised:
        async with database.transaction() as tx:
            await tx.execute("SELECT 1/0")
    assert not isinstance(raised.value, DatabaseUnavailableError)


async def test_connections_come_back_clean_when_a_transaction_failed(database: Database) -> None:
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            await _commit_and_fail(database)
    async with database.connection() as connection:
        first, second = [await connection.fetchval("SELECT now()") for _ in range(2)]
        assert first != second, "no transaction is open"


async def test_what_is_used_after_its_end_raises_and_does_not_use_the_connection_of_another(
    database_url: str,
) -> None:
    database = await Database.open(database_url, pool_max=1)
    async with database.connection() as connection:
        await connection.execute("CREATE TABLE a (number int)")
    async with database.transaction() as tx:
        await tx.execute("SELECT 1")
    async with database.transaction():
        with pytest.raises(asyncpg.InterfaceError, match="after the end"):
            await connection.fetch("SELECT 1")
        await tx.enqueue("INSERT INTO a VALUES (1)")
        with pytest.raises(asyncpg.InterfaceError, match="after the end"):
            await tx.fetch("SELECT 1")
        with pytest.raises(asyncpg.InterfaceError, match="after the end"):
            await tx.commit()
    await database.close()
