"""PgBouncer in transaction mode: what goes through it, what goes around it, what is refused."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Final

import asyncpg
import pytest
from tests.postgres.pgbouncer import SESSIONS, command, pgbouncer
from tests.postgres.products import Products, skus, unpublished

import catalog
from waybill.postgres import Database, DatabaseRefusedError
from waybill.postgres.migrations import migrate, migrations_folder

THROUGH: Final = "waybill-through-pgbouncer"
Run = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="module")
def through() -> Run:
    program = command()
    if not program:
        pytest.skip("needs PgBouncer 1.21 or newer, or root and mmdebstrap to fetch one")
    return partial(pgbouncer, program)


async def test_many_transactions_share_few_sessions(database_url: str, through: Run) -> None:
    with through(database_url) as pooled:
        database = await Database.open(pooled, pool_max=10, is_pooled=True, source=THROUGH)

        async def use(number: int) -> int:
            async with database.connection() as connection:
                before = await connection.fetchval("SELECT $1::int", number)
            async with database.transaction() as tx:
                await tx.execute("CREATE TABLE IF NOT EXISTS noted (number int)")
                await tx.enqueue("INSERT INTO noted VALUES ($1)", number)
                return int(await tx.fetchval("SELECT $1::int + $2::int", before, number))

        await use(0)
        sums = await asyncio.gather(*map(use, range(1, 101)))
        await database.close()

        assert list(sums) == [2 * each for each in range(1, 101)]
        connection = await asyncpg.connect(database_url)
        sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1"
        assert 0 < await connection.fetchval(sessions, THROUGH) <= SESSIONS
        assert await connection.fetchval("SELECT count(*) FROM noted") == 101
        await connection.close()


async def test_a_service_elects_its_leader_and_publishes_on_direct_connections(
    database_url: str, through: Run, shop: Callable[..., AbstractContextManager[Products]]
) -> None:
    await migrate(database_url, migrations_folder(catalog.__file__))
    with (
        through(database_url) as pooled,
        shop(database_url=pooled, database_direct_url=database_url) as products,
    ):
        await asyncio.to_thread(products.create, 20)
        while await unpublished(database_url):
            await asyncio.sleep(0.05)

    assert products.refusals == 0
    assert await skus(database_url) == products.acknowledged


async def test_an_address_of_a_pooler_alone_is_refused(database_url: str, through: Run) -> None:
    with (
        through(database_url) as pooled,
        pytest.raises(DatabaseRefusedError, match="set WAYBILL_DATABASE_DIRECT_URL"),
    ):
        await Database.open(pooled)


@pytest.mark.parametrize("statements_max", [0, 200])
async def test_a_pooler_that_forgets_prepared_statements_is_refused(
    database_url: str, through: Run, statements_max: int
) -> None:
    with through(database_url, statements_max) as pooled:
        database = await Database.open(pooled, is_pooled=True)
        try:
            async with database.connection() as connection:
                await connection.fetchval("SELECT $1::int", 1)
                # The session with that statement is now another client's.
                async with database.transaction() as tx:
                    await tx.execute("SELECT 1")
                    if statements_max:
                        assert await connection.fetchval("SELECT $1::int", 2) == 2
                    else:
                        with pytest.raises(DatabaseRefusedError, match=r"PgBouncer 1\.21"):
                            await connection.fetchval("SELECT $1::int", 2)
        finally:
            await database.close()
