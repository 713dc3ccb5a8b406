"""The keys of people are dumped apart, so that an old backup does not undo an erasure."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
import pytest
import pytest_asyncio

from waybill.postgres.migrations import migrate
from waybill_toolkit.operations.backups.backup import back_up, restore
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.postgres import PostgresServer

IDENTITY: Final = Path(__file__).parents[4] / "services" / "identity" / "migrations"
NOW: Final = datetime(2026, 11, 30, tzinfo=UTC)
NAMES: Final = ("keys_of_people", "keys_restored")


async def _run(url: str, sql: str) -> list[str]:
    connection = await asyncpg.connect(url)
    found = await connection.fetch(sql)
    await connection.close()
    return [str(row[0]) for row in found]


@pytest_asyncio.fixture
async def urls(postgres_server: PostgresServer) -> AsyncIterator[list[str]]:
    """The databases of identity, and an empty one to restore into."""
    for name in NAMES:
        await _run(postgres_server.admin_url(), f"CREATE DATABASE {name}")
    found = [postgres_server.admin_url(name) for name in NAMES]
    await migrate(found[0], IDENTITY)
    await _run(found[0], "insert into data_keys values ('ann', 'of ann', 'a'), ('bob', '', 'a')")
    await _run(found[0], "insert into roles values ('kept', '{}')")
    yield found
    for name in NAMES:
        await _run(postgres_server.admin_url(), f"DROP DATABASE {name} WITH (FORCE)")


async def _restored(folder: Path, url: str, keys: Path | None = None) -> list[str]:
    """Restore into the empty database; return whose keys it has."""
    await restore(folder, {"identity": url}, keys)
    assert await _run(url, "select role from roles where role = 'kept'") == ["kept"]
    return await _run(url, "select subject from data_keys order by 1")


async def test_a_backup_has_its_keys_in_a_dump_of_their_own(
    urls: list[str], tmp_path: Path
) -> None:
    contents = await back_up({"identity": urls[0]}, tmp_path / "backup", NOW)
    assert contents["keys"].keys() == {"identity"}
    assert await _restored(tmp_path / "backup", urls[1]) == ["ann", "bob"]


async def test_who_was_erased_after_a_backup_has_no_key_when_newer_keys_are_restored(
    urls: list[str], tmp_path: Path
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    await back_up({"identity": urls[0]}, old, NOW)
    await _run(urls[0], "delete from data_keys where subject = 'ann'")
    await back_up({"identity": urls[0]}, new, NOW)
    (old / "identity.keys.dump").unlink()

    with pytest.raises(PlatformError, match=r"identity\.keys\.dump is missing"):
        await restore(old, {"identity": urls[1]})
    assert await _restored(old, urls[1], new) == ["bob"]


async def test_changed_keys_are_refused(urls: list[str], tmp_path: Path) -> None:
    await back_up({"identity": urls[0]}, tmp_path / "backup", NOW)
    (tmp_path / "backup" / "identity.keys.dump").write_bytes(b"other")
    with pytest.raises(PlatformError, match="changed after the backup"):
        await restore(tmp_path / "backup", {"identity": urls[1]})


async def test_a_backup_of_a_newer_release_is_refused(urls: list[str], tmp_path: Path) -> None:
    await back_up({"identity": urls[0]}, tmp_path / "backup", NOW)
    contents = tmp_path / "backup" / "backup.json"
    contents.write_text(contents.read_text().replace('"form": 2', '"form": 3'))
    with pytest.raises(PlatformError, match="newer release"):
        await restore(tmp_path / "backup", {"identity": urls[1]})
