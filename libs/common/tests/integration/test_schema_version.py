"""Which versions start on a database that other versions have used."""

from pathlib import Path

import asyncpg
import pytest

from waybill.postgres import SchemaRefusedError
from waybill.postgres.migrations import finish, migrate
from waybill.postgres.schema_version import Release

FIRST = Release("0.1.0", "0.1.0")
SECOND = Release("0.2.0", "0.1.0")
PATCHED = Release("0.2.1", "0.1.0")
THIRD = Release("0.3.0", "0.2.1")
CONTRACT = "-- phase: contract\nalter table goods drop column name;"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_goods.sql").write_text("create table goods (id int primary key, name text);")
    return folder


async def test_each_version_takes_over_from_the_one_before(database_url: str, folder: Path) -> None:
    for release in (FIRST, SECOND, PATCHED, THIRD, PATCHED, THIRD):
        await migrate(database_url, folder, release=release)


async def test_an_upgrade_that_skips_a_version_is_refused(database_url: str, folder: Path) -> None:
    await migrate(database_url, folder, release=FIRST)
    (folder / "0002_note.sql").write_text("alter table goods add column note text;")
    with pytest.raises(SchemaRefusedError) as refused:
        await migrate(database_url, folder, release=THIRD)
    assert str(refused.value) == (
        "This is version 0.3.0, and the database was last used by 0.1.0: upgrade to 0.2 first, and "
        "then to 0.3.0"
    )
    assert not await _has_column(database_url, "note")


async def test_a_downgrade_is_accepted_before_a_contract_step(
    database_url: str, folder: Path
) -> None:
    for release in (FIRST, SECOND, THIRD):
        await migrate(database_url, folder, release=release)
    await migrate(database_url, folder, release=FIRST)


async def test_a_downgrade_behind_a_contract_step_is_refused(
    database_url: str, folder: Path, tmp_path: Path
) -> None:
    for release in (FIRST, SECOND):
        await migrate(database_url, folder, release=release)
    (folder / "0002_name.sql").write_text(CONTRACT)
    await migrate(database_url, folder, release=THIRD)
    await finish(database_url, folder, release=THIRD)
    (folder / "0002_name.sql").unlink()  # as the former versions are
    await migrate(database_url, folder, allow_newer=True, release=SECOND)
    with pytest.raises(SchemaRefusedError) as refused:
        await migrate(database_url, folder, allow_newer=True, release=FIRST)
    assert str(refused.value) == (
        "This is version 0.1.0, and what it needs was removed from the database by "
        "shop/0002_name.sql: start version 0.2 or newer, or restore a backup that was made before "
        "version 0.3.0 first"
    )


async def _has_column(url: str, name: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        found = "select exists (select from information_schema.columns where column_name = $1)"
        return bool(await connection.fetchval(found, name))
    finally:
        await connection.close()
