"""Migrations on a real PostgreSQL: once each, in order, and never behind one's back."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from waybill.postgres.migrations import RUNTIME_FOLDER, MigrationError, migrate, migrations_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_goods.sql").write_text("CREATE TABLE goods (name text);")
    (folder / "0002_price.sql").write_text("ALTER TABLE goods ADD price int; SELECT 1;")
    return folder


async def test_files_are_applied_in_order_and_only_once(database_url: str, folder: Path) -> None:
    applied = await migrate(database_url, folder)
    runtime = [f"waybill/{path.name}" for path in sorted(RUNTIME_FOLDER.glob("*.sql"))]
    assert applied == [*runtime, "shop/0001_goods.sql", "shop/0002_price.sql"]
    assert await migrate(database_url, folder) == []


async def test_only_the_new_file_is_applied_when_one_is_added(
    database_url: str, folder: Path
) -> None:
    await migrate(database_url, folder)
    (folder / "0003_index.sql").write_text("CREATE INDEX ON goods (name);")
    assert await migrate(database_url, folder) == ["shop/0003_index.sql"]


async def test_each_file_is_applied_once_when_two_processes_migrate_at_once(
    database_url: str, folder: Path
) -> None:
    first, second, third = await asyncio.gather(*(migrate(database_url, folder) for _ in range(3)))
    assert len(first + second + third) == len(set(first + second + third))
    assert "shop/0002_price.sql" in first + second + third


async def test_it_is_refused_when_an_applied_file_was_edited(
    database_url: str, folder: Path
) -> None:
    await migrate(database_url, folder)
    (folder / "0001_goods.sql").write_text("CREATE TABLE goods (name text NOT NULL);")
    with pytest.raises(
        MigrationError, match=r"^shop/0001_goods.sql was edited after it was applie"
    ):
        await migrate(database_url, folder)


async def test_it_is_refused_when_an_applied_file_is_missing(
    database_url: str, folder: Path
) -> None:
    await migrate(database_url, folder)
    (folder / "0002_price.sql").unlink()
    with pytest.raises(MigrationError, match=r"^shop/0002_price.sql was applied .* is missing$"):
        await migrate(database_url, folder)


async def test_it_is_refused_when_a_file_comes_before_an_applied_one(
    database_url: str, folder: Path
) -> None:
    (folder / "0001_goods.sql").unlink()
    (folder / "0002_price.sql").write_text("CREATE TABLE goods (name text);")
    await migrate(database_url, folder)
    (folder / "0001_late.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationError, match=r"^shop/0001_late.sql comes too late"):
        await migrate(database_url, folder)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("3_short.sql", "is not named like"),
        ("0003-dash.sql", "is not named like"),
        ("0002_twice.sql", "have the same number"),
    ],
)
async def test_it_is_refused_before_anything_is_changed_when_a_name_is_wrong(
    database_url: str, folder: Path, name: str, reason: str
) -> None:
    (folder / name).write_text("SELECT 1;")
    with pytest.raises(MigrationError, match=reason):
        await migrate(database_url, folder)
    assert not await _has_table(database_url, "outbox")


async def test_nothing_of_a_file_remains_when_it_fails(database_url: str, folder: Path) -> None:
    (folder / "0003_half.sql").write_text("CREATE TABLE half (n int); SELECT 1/0;")
    with pytest.raises(MigrationError, match=r"^shop/0003_half.sql failed: division by zero"):
        await migrate(database_url, folder)
    assert await _has_table(database_url, "goods")
    assert not await _has_table(database_url, "half")


async def test_it_is_refused_when_a_file_commits_by_itself(database_url: str, folder: Path) -> None:
    (folder / "0003_commit.sql").write_text("COMMIT; BEGIN;")
    with pytest.raises(MigrationError, match=r"0003_commit.sql must not end its transaction"):
        await migrate(database_url, folder)


def test_a_services_folder_is_found_in_the_tree_and_in_an_installed_package(tmp_path: Path) -> None:
    tree = tmp_path / "services" / "shop"
    (tree / "migrations").mkdir(parents=True)
    (tree / "src" / "shop").mkdir(parents=True)
    assert migrations_folder(str(tree / "src" / "shop" / "app.py")) == tree / "migrations"
    installed = tmp_path / "site-packages" / "shop"
    (installed / "migrations").mkdir(parents=True)
    assert migrations_folder(str(installed / "app.py")) == installed / "migrations"
    with pytest.raises(MigrationError):
        migrations_folder(str(tmp_path / "a" / "b" / "c" / "app.py"))


async def _has_table(url: str, name: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", name))
    finally:
        await connection.close()
