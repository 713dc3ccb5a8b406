"""Snapshots of several databases: no event has taken effect in one that another has not sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest
import pytest_asyncio

from waybill_toolkit.operations.backups.moment import one_moment
from waybill_toolkit.platform.databases import Administrator
from waybill_toolkit.platform.postgres import PostgresServer, postgres_url

NAMES = ("moment_one", "moment_two")
TABLES = """
    CREATE TABLE sent (number int);
    CREATE TABLE inbox (number int);
    CREATE TABLE dead_letters (number int);
"""
ROUNDS = 10


@pytest_asyncio.fixture
async def databases(postgres_server: PostgresServer) -> AsyncIterator[dict[str, str]]:
    """Two databases, of which each sends events to the other."""
    connection = await asyncpg.connect(postgres_server.admin_url())
    administrator = Administrator(connection)
    urls = {}
    for name in NAMES:
        await administrator.ensure_role(name, name)
        await administrator.ensure_database(name, name)
        urls[name] = postgres_url(postgres_server.port, name, name, name)
        own = await asyncpg.connect(urls[name])
        await own.execute(TABLES)
        await own.close()
    yield urls
    for name in NAMES:
        await administrator.drop_database(name)
    await connection.close()


async def exchange(sender: str, receiver: str) -> None:
    """Send events, and let each take effect as soon as it was committed."""
    one, other = await asyncpg.connect(sender), await asyncpg.connect(receiver)
    number = 0
    while True:
        number += 1
        await one.execute("INSERT INTO sent VALUES ($1)", number)
        await other.execute("INSERT INTO inbox VALUES ($1)", number)


async def last(url: str, table: str, snapshot: str) -> int:
    """Return the last event that a table has in a snapshot."""
    connection = await asyncpg.connect(url)
    async with connection.transaction(isolation="repeatable_read"):
        await connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        found = await connection.fetchval(f"SELECT coalesce(max(number), 0) FROM {table}")
    await connection.close()
    return int(found)


async def test_what_has_taken_effect_was_sent(databases: dict[str, str]) -> None:
    one, two = NAMES
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(exchange(databases[one], databases[two])),
            tasks.create_task(exchange(databases[two], databases[one])),
        ]
        for _ in range(ROUNDS):
            async with one_moment(databases) as snapshots:
                for sender, receiver in ((one, two), (two, one)):
                    sent = await last(databases[sender], "sent", snapshots[sender])
                    taken = await last(databases[receiver], "inbox", snapshots[receiver])
                    assert taken <= sent
                    assert sent - taken <= 1, "nothing but the event between them is under way"
        for each in running:
            each.cancel()


async def test_snapshots_one_after_another_do_not_agree(databases: dict[str, str]) -> None:
    one, two = NAMES
    sender, receiver = await asyncpg.connect(databases[one]), await asyncpg.connect(databases[two])
    async with one_moment({one: databases[one]}) as first:
        await sender.execute("INSERT INTO sent VALUES (1)")
        await receiver.execute("INSERT INTO inbox VALUES (1)")
        async with one_moment({two: databases[two]}) as second:
            assert await last(databases[one], "sent", first[one]) == 0
            assert await last(databases[two], "inbox", second[two]) == 1
    await sender.close()
    await receiver.close()


async def test_a_batch_that_began_before_is_waited_for(databases: dict[str, str]) -> None:
    two = NAMES[1]
    batch = await asyncpg.connect(databases[two])
    await batch.execute("BEGIN; INSERT INTO inbox VALUES (1)")

    async def taken() -> int:
        async with one_moment(databases) as snapshots:
            return await last(databases[two], "inbox", snapshots[two])

    waiting = asyncio.ensure_future(taken())
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(waiting), 0.5)
    assert not waiting.done()
    await batch.execute("COMMIT")
    assert await waiting == 1
    await batch.close()


async def test_a_batch_that_takes_too_long_is_named(databases: dict[str, str]) -> None:
    batch = await asyncpg.connect(databases[NAMES[1]])
    await batch.execute("BEGIN; INSERT INTO inbox VALUES (1)")
    with pytest.raises(asyncpg.LockNotAvailableError):
        async with one_moment(databases):
            raise AssertionError("the inbox was not locked")
    await batch.close()
