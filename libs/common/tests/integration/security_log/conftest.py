"""A database with the security log, and who may write to it without its rules."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from waybill.postgres import Database
from waybill.postgres.migrations import migrate
from waybill.security_log import record
from waybill.security_log.chain import chainer

NOW = datetime(2026, 11, 22, tzinfo=UTC)

Run = Callable[[], Awaitable[int]]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate(database_url)
    database = await Database.open(database_url, source="test")
    yield database
    await database.close()


@pytest.fixture
def chain(database: Database) -> Run:
    """Chain what there is, as the timer does it; returns how many entries."""
    timer = chainer()

    async def run() -> int:
        count = 0
        while True:
            async with database.transaction() as tx:
                taken = await timer.take(tx, NOW, 100)
            if not taken:
                return count
            count += taken

    return run


async def act(database: Database, *targets: str) -> None:
    for target in targets:
        async with database.transaction() as tx:
            await record(tx, "door.opened", target=target, detail={"name": "Zoë", "tries": 2})


async def tamper(database: Database, sql: str) -> None:
    """Change the table as its owner can, who switches the triggers off."""
    async with database.connection() as connection:
        await connection.execute("ALTER TABLE security_log DISABLE TRIGGER USER")
        await connection.execute(sql)


async def targets(database: Database) -> list[str]:
    """Return the targets in the order of the chain."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT target FROM security_log WHERE number IS NOT NULL ORDER BY number"
        )
    return [row["target"] for row in rows]
