"""Every lost connection raises DatabaseUnavailableError."""

import asyncio

import asyncpg
import pytest

from waybill.postgres import Database, DatabaseUnavailableError


async def _work(database: Database) -> None:
    async with database.transaction() as tx:
        while True:
            await tx.fetchval("select count(*) from generate_series(1, 1000)")


async def test_a_lost_connection_is_an_unavailable_database_whenever_it_is_lost(
    database_url: str,
) -> None:
    database = await Database.open(database_url)
    administrator = await asyncpg.connect(database_url)
    for _ in range(30):
        async with asyncio.TaskGroup() as group:
            work = group.create_task(_lose(database))
            while not work.done():
                await administrator.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where pid <> pg_backend_pid() and query like 'select count%'"
                )
    await administrator.close()
    await database.close()


async def _lose(database: Database) -> None:
    with pytest.raises(DatabaseUnavailableError):
        await _work(database)
