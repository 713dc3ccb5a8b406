"""Applies one migration, as its phase says.

No step makes others wait for it: a statement waits for a lock for LOCK_TIMEOUT at most, because
whoever comes later waits behind it. Then it lets them pass, and tries again.
"""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, TypeAlias

import asyncpg

from waybill.postgres.connection import Connection
from waybill.postgres.migration_files import Migration, MigrationError, Phase
from waybill.postgres.schema_version import Release

_log = logging.getLogger(__name__)

LOCK_TIMEOUT: Final = "500ms"
"""How long a statement waits for a lock, and others behind it: no request times out by that."""
_RETRY_SECONDS: Final = 1.0
_SAID_EVERY_SECONDS: Final = 30.0

Pause: TypeAlias = Callable[[float], Awaitable[None]]
"""Waits for so many seconds; raises StoppedError if the process stops."""

TABLE: Final = """
    CREATE TABLE IF NOT EXISTS schema_backfills (
        series text NOT NULL,
        number integer NOT NULL,
        sha256 text NOT NULL,
        place text,
        batches integer NOT NULL DEFAULT 0,
        PRIMARY KEY (series, number)
    )
"""
"""How far backfills are: `place` is what the last batch returned."""

_BLOCKERS: Final = """
    SELECT pid, application_name, extract(epoch FROM now() - xact_start)::int AS seconds
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    ORDER BY xact_start LIMIT 1
"""
_FIND_BACKFILL: Final = """
    INSERT INTO schema_backfills AS known (series, number, sha256) VALUES ($1, $2, $3)
    ON CONFLICT (series, number) DO UPDATE SET
        sha256 = excluded.sha256,
        place = CASE WHEN known.sha256 = excluded.sha256 THEN known.place END
    RETURNING place
"""
_ADVANCE: Final = """
    UPDATE schema_backfills SET place = $3, batches = batches + 1
    WHERE series = $1 AND number = $2 AND place IS NOT DISTINCT FROM $4
"""


class StoppedError(Exception):
    """The process stops; the next one goes on."""


async def apply(
    connection: Connection, migration: Migration, release: Release, pause: Pause
) -> None:
    """Apply a migration, and record it. Raises MigrationError, StoppedError."""
    with _named(migration):
        match migration.phase:
            case Phase.EXPAND | Phase.CONTRACT:
                await _patiently(
                    lambda: _at_once(connection, migration, release), migration, connection, pause
                )
            case Phase.INDEX:
                for statement in migration.statements:
                    # It waits for old transactions, while others read and write.
                    await connection.execute(statement)
                await _record(connection, migration)
            case Phase.BACKFILL:
                await _backfill(connection, migration, pause)


async def _at_once(connection: Connection, migration: Migration, release: Release) -> None:
    async with _transaction(connection):
        transaction = await connection.fetchval("SELECT pg_current_xact_id()::text")
        await connection.execute(migration.sql)
        if await connection.fetchval("SELECT pg_current_xact_id()::text") != transaction:
            raise MigrationError(f"{migration} must not end its transaction")
        await _record(connection, migration)
        if migration.phase is Phase.CONTRACT:
            await connection.execute(
                "INSERT INTO schema_contracts (series, number, file, works_from)"
                " VALUES ($1, $2, $3, $4)",
                migration.series,
                migration.number,
                migration.file,
                release.upgrades_from,
            )


async def _backfill(connection: Connection, migration: Migration, pause: Pause) -> None:
    """Run batches until none is left. Each commits with its place, so a crash repeats nothing."""
    key = (migration.series, migration.number)
    place = await connection.fetchval(_FIND_BACKFILL, *key, migration.sha256)
    said_at = time.monotonic()

    async def batch() -> None:
        nonlocal place
        async with _transaction(connection):
            following = await connection.fetchval(migration.sql, place)
            if following is None:
                await _record(connection, migration)
                await connection.execute(
                    "DELETE FROM schema_backfills WHERE series = $1 AND number = $2", *key
                )
            elif await connection.execute(_ADVANCE, *key, following, place) != "UPDATE 1":
                raise MigrationError(f"{migration} is being applied by another process")
        place = following

    while True:
        began = time.monotonic()
        await _patiently(batch, migration, connection, pause)
        if place is None:
            return
        took = time.monotonic() - began
        if time.monotonic() - said_at >= _SAID_EVERY_SECONDS:
            _log.info("%s goes on, at %s", migration, place)
            said_at = time.monotonic()
        await pause(took)  # so that it takes half of the time of one connection at most


async def _patiently(
    attempt: Callable[[], Awaitable[None]],
    migration: Migration,
    connection: Connection,
    pause: Pause,
) -> None:
    """Repeat what could not get a lock in time. Raises StoppedError."""
    said_at: float | None = None
    while True:
        try:
            return await attempt()
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            if said_at is None or time.monotonic() - said_at >= _SAID_EVERY_SECONDS:
                said_at = time.monotonic()
                _log.warning("%s waits for a lock%s", migration, await _oldest(connection))
        await pause(_RETRY_SECONDS)


async def _oldest(connection: Connection) -> str:
    row = await connection.fetchrow(_BLOCKERS)
    if row is None:
        return ""
    return (
        f"; the oldest transaction is that of pid {row['pid']} ({row['application_name']}), "
        f"open for {row['seconds']} s"
    )


@asynccontextmanager
async def _transaction(connection: Connection) -> AsyncIterator[None]:
    await connection.execute("BEGIN")
    try:
        await connection.execute("SELECT set_config('lock_timeout', $1, true)", LOCK_TIMEOUT)
        yield
    except BaseException:
        await connection.execute("ROLLBACK")
        raise
    await connection.execute("COMMIT")


async def _record(connection: Connection, migration: Migration) -> None:
    await connection.execute(
        "INSERT INTO schema_migrations (series, number, file, sha256) VALUES ($1, $2, $3, $4)",
        migration.series,
        migration.number,
        migration.file,
        migration.sha256,
    )


@contextmanager
def _named(migration: Migration) -> Iterator[None]:
    try:
        yield
    except asyncpg.PostgresError as error:
        raise MigrationError(f"{migration} failed: {error}") from error
