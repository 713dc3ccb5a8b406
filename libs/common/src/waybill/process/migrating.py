"""WAYBILL_MIGRATE: migrations by the service itself.

What the code needs is applied before it serves, so an old version stays up meanwhile, and nothing
has to run between them. The rest is done in the background: indexes, backfills, contract steps. A
database that does not go with this version is refused in any case.
"""

import asyncio
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import asyncpg

from waybill.backoff import Backoff, pause
from waybill.postgres import DatabaseRefusedError, DatabaseUnavailableError, connect
from waybill.postgres.migration_steps import StoppedError
from waybill.postgres.migrations import MigrationError, finish, migrate, migrations_folder
from waybill.postgres.schema_version import refuse_other_versions, this_release
from waybill.process.background import Background
from waybill.process.settings import ProcessSettings, Settings
from waybill.process.wrong_settings import EXIT_MISCONFIGURED

_log = logging.getLogger(__name__)

EXIT_NOT_STARTED: Final = 3  # as uvicorn exits when a start fails


_FAILED_PAUSE_SECONDS: Final = 60.0
"""Until a background migration that has failed is tried again: its SQL has a fault."""


def prepare_database(settings: Settings, module: str) -> None:
    """Apply what the package that has `module` needs, if the setting says so.

    Exits with 78 when the database refuses the settings, or goes with another version; with 3 when
    it is unavailable or a migration is refused. The log says why.
    """
    try:
        applied = asyncio.run(_prepare(settings, module))
    except DatabaseRefusedError as error:
        _log.critical("%s.", error)
        sys.exit(EXIT_MISCONFIGURED)
    except DatabaseUnavailableError as error:
        _log.critical("The database of WAYBILL_DATABASE_URL is unavailable: %s.", error)
        sys.exit(EXIT_NOT_STARTED)
    except MigrationError as error:
        _log.critical("The database cannot be migrated: %s.", error)
        sys.exit(EXIT_NOT_STARTED)
    for name in applied:
        _log.info("migrated: %s", name)


async def _prepare(settings: Settings, module: str) -> list[str]:
    applied: list[str] = []
    for url in settings.migrated_urls:
        if settings.migrate:
            applied += await migrate(url, _folder_of(module), allow_newer=True)
        else:
            async with connect(url, name="version") as connection:
                await refuse_other_versions(connection, this_release())
    return applied


def background_migrations(
    settings: ProcessSettings, assemble: Callable[..., object]
) -> list[Background]:
    """Return the parts that apply the rest, if the service migrates its database."""
    if not isinstance(settings, Settings) or not settings.migrate:
        return []
    folder = _folder_of(assemble.__module__)
    return [BackgroundMigrations(url, folder) for url in settings.migrated_urls]


class BackgroundMigrations:
    """Applies what `migrate` has left, while the service runs."""

    name: Final = "migrations"

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder

    async def run(self, stop: asyncio.Event) -> None:
        """Migrate, then wait for `stop`. A failure is logged, and the service goes on."""

        async def wait(seconds: float) -> None:
            await pause(stop, seconds)
            if stop.is_set():
                raise StoppedError

        backoff = Backoff(_log, self.name)
        while not stop.is_set():
            try:
                await finish(self._url, self._folder, pause=wait, on_applied=_say)
            except StoppedError:
                return
            except DatabaseUnavailableError as error:
                await backoff.wait(error, stop)
            except (MigrationError, asyncpg.PostgresError) as error:
                _log.error("A background migration failed: %s.", error)
                await pause(stop, _FAILED_PAUSE_SECONDS)
            else:
                backoff.reset()
                await stop.wait()


def _say(name: str) -> None:
    _log.info("migrated in the background: %s", name)


def _folder_of(module: str) -> Path:
    return migrations_folder(str(sys.modules[module].__file__))
