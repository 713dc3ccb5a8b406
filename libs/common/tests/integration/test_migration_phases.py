"""Phases of migrations on a real PostgreSQL: in order, once, and without making anybody wait."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from waybill.postgres.migration_files import read_series
from waybill.postgres.migration_steps import StoppedError
from waybill.postgres.migrations import MigrationError, finish, migrate
from waybill_toolkit.testing.eventually import eventually

EXPAND = "alter table goods add column label text, add column changes int not null default 0;"
BACKFILL = """
-- phase: backfill
with batch as (
    select id from goods where id > coalesce($1::text, '0')::int order by id limit 10 for update
), changed as (
    update goods set label = 'no. ' || id, changes = changes + 1 where id in (select id from batch)
)
select max(id)::text from batch;
"""
INDEX = """
-- phase: index
drop index concurrently if exists goods_by_label;
create unique index concurrently goods_by_label on goods (label);
"""
CONTRACT = "-- phase: contract\nalter table goods drop column name;"
LATER = {
    "0002_label.sql": EXPAND,
    "0003_labels.sql": BACKFILL,
    "0004_by_label.sql": INDEX,
    "0005_name.sql": CONTRACT,
}
ROWS = 95


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_goods.sql").write_text("create table goods (id int primary key, name text);")
    return folder


@pytest.fixture
async def shop(database_url: str, folder: Path) -> AsyncIterator[asyncpg.Connection]:
    """A database with rows that the first version has written, and the files of the next one."""
    await migrate(database_url, folder)
    for name, sql in LATER.items():
        (folder / name).write_text(sql)
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "insert into goods select n, 'name' from generate_series(1, $1::int) n", ROWS
    )
    yield connection
    await connection.close()


async def test_what_takes_long_is_left_to_the_background_when_the_database_has_rows(
    shop: asyncpg.Connection, database_url: str, folder: Path
) -> None:
    assert await migrate(database_url, folder) == ["shop/0002_label.sql"]
    assert await shop.fetchval("select count(*) from goods where label is null") == ROWS
    applied: list[str] = []
    await finish(database_url, folder, on_applied=applied.append)
    assert applied == [f"shop/{name}" for name in list(LATER)[1:]]
    assert await shop.fetchval("select count(label) from goods where changes = 1") == ROWS
    await finish(database_url, folder, on_applied=applied.append)
    assert len(applied) == 3


async def test_everything_is_applied_at_the_start_when_the_database_is_new(
    database_url: str, folder: Path
) -> None:
    for name, sql in LATER.items():
        (folder / name).write_text(sql)
    assert (await migrate(database_url, folder))[-4:] == [f"shop/{name}" for name in LATER]


async def test_a_backfill_comes_first_when_the_code_needs_a_later_file(
    shop: asyncpg.Connection, database_url: str, folder: Path
) -> None:
    (folder / "0006_note.sql").write_text("alter table goods add column note text;")
    applied = await migrate(database_url, folder)
    assert applied == [*(f"shop/{name}" for name in LATER), "shop/0006_note.sql"]
    assert await shop.fetchval("select count(label) from goods") == ROWS


async def test_a_backfill_goes_on_where_it_was_stopped(
    shop: asyncpg.Connection, database_url: str, folder: Path
) -> None:
    await migrate(database_url, folder)
    batches = 0

    async def stop_after_four(_: float) -> None:
        nonlocal batches
        batches += 1
        if batches == 4:
            raise StoppedError

    with pytest.raises(StoppedError):
        await finish(database_url, folder, pause=stop_after_four)
    assert await shop.fetchval("select count(label) from goods") == 40
    assert await shop.fetchval("select place from schema_backfills") == "40"
    await finish(database_url, folder)
    assert await shop.fetchval("select array_agg(distinct changes) from goods") == [1]
    assert await shop.fetchval("select count(*) from schema_backfills") == 0


async def test_each_batch_runs_once_when_two_replicas_migrate(
    shop: asyncpg.Connection, database_url: str, folder: Path
) -> None:
    await asyncio.gather(*(migrate(database_url, folder) for _ in range(2)))
    await asyncio.gather(*(finish(database_url, folder) for _ in range(3)))
    assert await shop.fetchval("select array_agg(distinct changes) from goods") == [1]


async def test_a_replica_starts_while_another_one_backfills(
    shop: asyncpg.Connection, database_url: str, folder: Path
) -> None:
    await migrate(database_url, folder)
    is_paused, may_go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: float) -> None:
        is_paused.set()
        await may_go_on.wait()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(finish(database_url, folder, pause=wait))
        await is_paused.wait()
        assert await migrate(database_url, folder) == []
        may_go_on.set()
    assert await shop.fetchval("select count(label) from goods") == ROWS


async def test_nobody_waits_behind_a_migration_that_waits_for_a_lock(
    shop: asyncpg.Connection, database_url: str, folder: Path
) -> None:
    transaction = shop.transaction()
    await transaction.start()
    await shop.execute("update goods set name = 'mine' where id = 1")  # ALTER TABLE conflicts
    other = await asyncpg.connect(database_url, server_settings={"lock_timeout": "5s"})
    async with asyncio.TaskGroup() as tasks:
        migrating = tasks.create_task(migrate(database_url, folder))
        waits = "select exists (select from pg_locks where not granted)"
        await eventually("the migration waits", lambda: other.fetchval(waits), bool)
        for number in range(2, 20):  # each fails after 5 s behind a lock that stays in the queue
            await other.execute("update goods set name = 'theirs' where id = $1", number)
        assert not migrating.done()
        await transaction.commit()
    await other.close()
    assert migrating.result() == ["shop/0002_label.sql"]


async def test_an_index_is_built_anew_when_a_crash_has_left_an_invalid_one(
    shop: asyncpg.Connection, database_url: str, folder: Path
) -> None:
    await migrate(database_url, folder)
    (folder / "0003_labels.sql").write_text(BACKFILL.replace("'no. ' || id", "'the same'"))
    with pytest.raises(MigrationError, match=r"0004_by_label.sql failed: could not create unique"):
        await finish(database_url, folder)
    invalid = "select exists (select from pg_index where not indisvalid)"
    assert await shop.fetchval(invalid)
    await shop.execute("update goods set label = 'no. ' || id")
    await finish(database_url, folder)
    assert not await shop.fetchval(invalid)
    assert await shop.fetchval("select to_regclass('goods_by_label') is not null")


async def test_a_backfill_that_was_edited_begins_again(
    shop: asyncpg.Connection, database_url: str, folder: Path
) -> None:
    await migrate(database_url, folder)
    (folder / "0003_labels.sql").write_text(
        BACKFILL.replace("'no. ' || id", "(1 / (50 - id))::text")
    )
    with pytest.raises(MigrationError, match=r"0003_labels.sql failed: division by zero"):
        await finish(database_url, folder)
    (folder / "0003_labels.sql").write_text(BACKFILL)
    await finish(database_url, folder)
    assert await shop.fetchval("select count(*) from goods where label = 'no. ' || id") == ROWS


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("-- phase: later\nselect 1;", "there is no phase 'later', only expand, index, backfill, "),
        ("-- phase: index\n-- phase: contract\nselect 1;", "more than one phase"),
        ("-- phase: index\nselect 1;", "may only have CREATE INDEX CONCURRENTLY"),
        (
            "-- phase: index\ncreate index concurrently by_name on goods (name);",
            "needs DROP INDEX CONCURRENTLY IF EXISTS by_name before",
        ),
        ("-- phase: backfill\nupdate goods set name = '';", "must be one statement that changes"),
    ],
)
def test_a_file_that_cannot_run_again_is_refused(folder: Path, sql: str, reason: str) -> None:
    (folder / "0002_wrong.sql").write_text(sql)
    with pytest.raises(MigrationError, match=rf"^shop/0002_wrong.sql.*{reason}"):
        read_series(folder)
