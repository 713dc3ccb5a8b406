"""Migrations: plain SQL files, applied once each, in order, forward only.

A folder `orders/migrations` contains the series "orders": 0001_first.sql, 0002_second.sql, ... Each
applied file is recorded with its checksum, and the record must match the files: a series with an
edited, missing or late file is refused before anything is changed.

`migrate` applies what the code needs before it serves. What may take long comes after that, in the
background, by `finish`: the files at the end of a series that are of another phase than `expand`
(see `migration_files`). In a new database, which has no rows, `migrate` applies all.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from waybill.postgres.connection import Connection, connect
from waybill.postgres.migration_files import (
    Migration,
    MigrationError,
    Phase,
    migrations_folder,
    read_series,
)
from waybill.postgres.migration_steps import TABLE as BACKFILLS_TABLE
from waybill.postgres.migration_steps import Pause, apply
from waybill.postgres.schema_version import TABLES as VERSION_TABLES
from waybill.postgres.schema_version import (
    Release,
    record_start,
    refuse_other_versions,
    this_release,
)

__all__ = ["RUNTIME_FOLDER", "MigrationError", "finish", "migrate", "migrations_folder"]

RUNTIME_FOLDER: Final = Path(__file__).parents[1] / "migrations"
"""The tables of the runtime itself, in every service's database."""

_START_LOCK: Final = 0x5742_0001  # "WB", so that it differs from other advisory locks
_BACKGROUND_LOCK: Final = 0x5742_0002
"""Held for long: a replica that starts meanwhile does not wait for it."""
_LOCK_POLL_SECONDS: Final = 0.1

_RECORD_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        series text NOT NULL,
        number integer NOT NULL,
        file text NOT NULL,
        sha256 text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (series, number)
    )
"""


async def migrate(
    url: str, *folders: Path, allow_newer: bool = False, release: Release | None = None
) -> list[str]:
    """Apply the pending files of the runtime's series and of each folder; returns their names.

    Concurrent calls are safe: the second one waits, and finds nothing to do. `allow_newer` accepts
    a database to which a newer version has applied files after all of ours.
    Raises MigrationError, SchemaRefusedError, DatabaseUnavailableError.
    """
    release = release or this_release()
    series = [read_series(folder) for folder in (RUNTIME_FOLDER, *folders)]
    async with connect(url, name="migrate", command_timeout_seconds=None) as connection:
        await _lock(connection, _START_LOCK, asyncio.sleep)
        await refuse_other_versions(connection, release)
        await connection.execute(_RECORD_TABLE)
        await connection.execute(VERSION_TABLES)
        await connection.execute(BACKFILLS_TABLE)
        needed = await _needed(connection, series, allow_newer=allow_newer)
        if any(migration.phase is not Phase.EXPAND for migration in needed):
            await _lock(connection, _BACKGROUND_LOCK, asyncio.sleep)
            needed = await _needed(connection, series, allow_newer=allow_newer)
        for migration in needed:
            await apply(connection, migration, release, asyncio.sleep)
        await record_start(connection, release)
    return [str(migration) for migration in needed]


async def finish(
    url: str,
    *folders: Path,
    pause: Pause = asyncio.sleep,
    on_applied: Callable[[str], None] = lambda _: None,
    release: Release | None = None,
) -> None:
    """Apply the files that `migrate` has left; one replica does it at a time.

    `on_applied` gets the name of each. Raises MigrationError, DatabaseUnavailableError, and what
    `pause` raises to stop.
    """
    release = release or this_release()
    series = [read_series(folder) for folder in (RUNTIME_FOLDER, *folders)]
    async with connect(url, name="migrate", command_timeout_seconds=None) as connection:
        if not await _pending(connection, series):
            return
        await _lock(connection, _BACKGROUND_LOCK, pause)
        for migration in await _pending(connection, series):
            await apply(connection, migration, release, pause)
            on_applied(str(migration))


async def _needed(
    connection: Connection, series: Sequence[Sequence[Migration]], *, allow_newer: bool
) -> list[Migration]:
    """Return the pending files that the code needs: up to the last expanding one of each series."""
    needed: list[Migration] = []
    for migrations in series:
        record = await _record(connection, migrations)
        pending = list(_not_in(record, migrations, allow_newer=allow_newer))
        if record:
            while pending and pending[-1].phase is not Phase.EXPAND:
                pending.pop()
        needed += pending
    return needed


async def _pending(
    connection: Connection, series: Sequence[Sequence[Migration]]
) -> list[Migration]:
    return [
        migration
        for migrations in series
        for migration in _not_in(
            await _record(connection, migrations), migrations, allow_newer=True
        )
    ]


async def _record(
    connection: Connection, migrations: Sequence[Migration]
) -> dict[int, tuple[str, str]]:
    rows = await connection.fetch(
        "SELECT number, file, sha256 FROM schema_migrations WHERE series = $1 ORDER BY number",
        migrations[0].series,
    )
    return {row["number"]: (row["file"], row["sha256"]) for row in rows}


def _not_in(
    record: Mapping[int, tuple[str, str]], migrations: Sequence[Migration], *, allow_newer: bool
) -> Iterator[Migration]:
    by_number = {migration.number: migration for migration in migrations}
    for number, (file, checksum) in record.items():
        migration = by_number.get(number)
        if migration is None:
            if allow_newer and number > max(by_number):
                continue
            series = migrations[0].series
            raise MigrationError(f"{series}/{file} was applied to this database, but is missing")
        if migration.sha256 != checksum:
            raise MigrationError(f"{migration} was edited after it was applied; write a new one")
    last = max(record, default=0)
    for migration in migrations:
        if migration.number in record:
            continue
        if migration.number < last:
            raise MigrationError(f"{migration} comes too late: number {last:04} is applied already")
        yield migration


async def _lock(connection: Connection, lock: int, pause: Pause) -> None:
    """Lock until the session ends.

    It asks again and again: a statement that waits would have a snapshot, and CREATE INDEX
    CONCURRENTLY waits for snapshots.
    """
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock):
        await pause(_LOCK_POLL_SECONDS)
