"""A column, a backfill and an index on a table of a million rows, while others write to it."""

import asyncio
import os
import random
import time
from pathlib import Path

import asyncpg
import pytest

from waybill.postgres.migrations import finish, migrate

pytestmark = pytest.mark.skipif(
    "WAYBILL_UPGRADE" not in os.environ, reason="takes minutes: make test-upgrade"
)
ROWS = 1_000_000
BATCH = """
-- phase: backfill
with batch as (
    select id from goods where id > coalesce($1::text, '0')::int order by id limit 1000 for update
), changed as (
    update goods set label = 'no. ' || id where id in (select id from batch)
)
select max(id)::text from batch;
"""
FILES = {
    "0002_label.sql": "alter table goods add column label text;",
    "0003_labels.sql": BATCH,
    "0004_by_label.sql": "-- phase: index\ndrop index concurrently if exists goods_by_label;\n"
    "create index concurrently goods_by_label on goods (label);",
    "0005_name.sql": "-- phase: contract\nalter table goods drop column name;",
}


async def test_nobody_waits_for_a_lock_while_a_million_rows_are_migrated(
    database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_goods.sql").write_text(
        "create table goods (id int primary key, name text, sold int not null default 0);"
    )
    await migrate(database_url, folder)
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "insert into goods select n, 'name' from generate_series(1, $1::int) n", ROWS
    )
    for name, sql in FILES.items():
        (folder / name).write_text(sql)
    over = asyncio.Event()

    async def migrate_all() -> None:
        try:
            await migrate(database_url, folder)
            await finish(database_url, folder, on_applied=print)
        finally:
            over.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(migrate_all())
        writing = [tasks.create_task(sell(database_url, over)) for _ in range(2)]

    sold = sum(task.result()[0] for task in writing)
    longest = max(task.result()[1] for task in writing)
    print(f"{sold} writes, the slowest took {longest * 1000:.0f} ms")  # noqa: T201 - a measurement
    filled = "select count(*) from goods where label = 'no. ' || id"
    assert await connection.fetchval(filled) == ROWS
    assert await connection.fetchval("select sum(sold) from goods") == sold
    await connection.close()


async def sell(url: str, over: asyncio.Event) -> tuple[int, float]:
    """Write rows; returns how many, and the longest time. Fails when it waits for a lock."""
    chance = random.Random(7)  # noqa: S311 - repeatable, no secret
    connection = await asyncpg.connect(url, server_settings={"lock_timeout": "3s"})
    sold, longest = 0, 0.0
    while not over.is_set():
        began = time.monotonic()
        await connection.execute(
            "update goods set sold = sold + 1 where id = $1", chance.randint(1, ROWS)
        )
        sold, longest = sold + 1, max(longest, time.monotonic() - began)
        await asyncio.sleep(0.005)
    await connection.close()
    return sold, longest
