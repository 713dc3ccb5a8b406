"""Migrations: plain SQL files, applied once each, in order, forward only.

A folder `orders/migrations` contains the series "orders": 0001_first.sql, 0002_second.sql, ... Each
applied file is recorded with its checksum, and the record must match the files: a series with an
edited, missing or late file is refused before anything is changed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import asyncpg
from typing_extensions import override

from waybill.postgres.connection import Connection, connect

RUNTIME_FOLDER: Final = Path(__file__).parents[1] / "migrations"
"""The tables of the runtime itself, in every service's database."""

_FILE_NAME: Final = re.compile(r"(?P<number>\d{4})_[a-z0-9]+(_[a-z0-9]+)*\.sql")
_LOCK: Final = 0x5742_0001  # "WB", so that it differs from other advisory locks

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


class MigrationError(Exception):
    """The migration files do not match the database; the message says why."""


@dataclass(frozen=True, slots=True)
class _Migration:
    series: str
    number: int
    file: str
    sql: str

    @property
    def sha256(self) -> str:
        return sha256(self.sql.encode()).hexdigest()

    @override
    def __str__(self) -> str:
        return f"{self.series}/{self.file}"


def migrations_folder(package_file: str) -> Path:
    """Find a service's migrations, given `__file__` of its package's `__init__` or `app`.

    They are inside the package when it is installed, two levels above it in the source tree.
    Raises MigrationError.
    """
    package = Path(package_file).resolve().parent
    for folder in (package / "migrations", package.parents[1] / "migrations"):
        if folder.is_dir():
            return folder
    raise MigrationError(f"no migrations folder for package {package.name}")


async def migrate(url: str, *folders: Path, allow_newer: bool = False) -> list[str]:
    """Apply the pending files of the runtime's series and of each folder; returns their names.

    Each file is applied in one transaction together with its record. Concurrent calls are safe: the
    second one waits, and finds nothing to do. A series is named after the folder's parent.
    `allow_newer` accepts a database to which a newer version has applied files after all of ours.
    Raises MigrationError, DatabaseUnavailableError.
    """
    series = [_read(folder) for folder in (RUNTIME_FOLDER, *folders)]
    async with connect(url, name="migrate", command_timeout_seconds=None) as connection:
        # Held by the session, across the transactions; released at its end.
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(_RECORD_TABLE)
        pending = [
            migration
            for migrations in series
            for migration in _pending(
                migrations, await _record(connection, migrations), allow_newer=allow_newer
            )
        ]
        for migration in pending:
            await _apply(connection, migration)
    return [str(migration) for migration in pending]


def _read(folder: Path) -> list[_Migration]:
    if not folder.is_dir():
        raise MigrationError(f"there is no migrations folder {folder}")
    series = folder.resolve().parent.name
    found: dict[int, _Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        name = _FILE_NAME.fullmatch(path.name)
        if name is None:
            raise MigrationError(f"{series}/{path.name} is not named like 0001_what_it_does.sql")
        migration = _Migration(series, int(name["number"]), path.name, path.read_text("utf-8"))
        if migration.number in found:
            raise MigrationError(f"{found[migration.number]} and {migration} have the same number")
        found[migration.number] = migration
    if not found:
        raise MigrationError(f"migrations folder {folder} is empty")
    return [found[number] for number in sorted(found)]


async def _record(
    connection: Connection, migrations: Sequence[_Migration]
) -> dict[int, tuple[str, str]]:
    rows = await connection.fetch(
        "SELECT number, file, sha256 FROM schema_migrations WHERE series = $1 ORDER BY number",
        migrations[0].series,
    )
    return {row["number"]: (row["file"], row["sha256"]) for row in rows}


def _pending(
    migrations: Sequence[_Migration], record: Mapping[int, tuple[str, str]], *, allow_newer: bool
) -> Iterator[_Migration]:
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


async def _apply(connection: Connection, migration: _Migration) -> None:
    with _named(migration):
        await connection.execute("BEGIN")
        transaction = await connection.fetchval("SELECT pg_current_xact_id()::text")
        await connection.execute(migration.sql)
        if await connection.fetchval("SELECT pg_current_xact_id()::text") != transaction:
            raise MigrationError(f"{migration} must not end its transaction")
        await connection.execute(
            "INSERT INTO schema_migrations (series, number, file, sha256) VALUES ($1, $2, $3, $4)",
            migration.series,
            migration.number,
            migration.file,
            migration.sha256,
        )
        await connection.execute("COMMIT")


@contextmanager
def _named(migration: _Migration) -> Iterator[None]:
    try:
        yield
    except asyncpg.PostgresError as error:
        raise MigrationError(f"{migration} failed: {error}") from error
