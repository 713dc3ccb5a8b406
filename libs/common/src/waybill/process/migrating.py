"""WAYBILL_MIGRATE: migrations at the start of a service, in its process, before it serves.

So an old version stays up while a new one migrates, and nothing has to run between them.
"""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Final

from waybill.postgres import DatabaseRefusedError, DatabaseUnavailableError
from waybill.postgres.migrations import MigrationError, migrate, migrations_folder
from waybill.process.settings import Settings
from waybill.process.wrong_settings import EXIT_MISCONFIGURED

_log = logging.getLogger(__name__)

EXIT_NOT_STARTED: Final = 3  # as uvicorn exits when a start fails


def migrate_at_start(settings: Settings, module: str) -> None:
    """Apply the pending migrations of the package that has `module`, which is imported.

    Exits with 78 when the database refuses the settings, with 3 when it is unavailable or a
    migration is refused; the log says why.
    """
    try:
        folder = migrations_folder(str(sys.modules[module].__file__))
        applied = asyncio.run(_migrate(settings, folder))
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


async def _migrate(settings: Settings, folder: Path) -> list[str]:
    applied: list[str] = []
    for url in settings.migrated_urls:
        applied += await migrate(url, folder, allow_newer=True)
    return applied
