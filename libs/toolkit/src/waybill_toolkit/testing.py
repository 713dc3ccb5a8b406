"""Pytest plugin: real servers for tests.

One PostgreSQL and one broker per session, started when the first test asks; a fresh database for
each test. Everything ends with the test run, also when that is killed.
"""

import itertools
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import asyncpg
import pytest
import pytest_asyncio

from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.postgres import PostgresServer

_TESTER: Final = "tester"
_TESTER_PASSWORD: Final = secrets.token_urlsafe(16)
_names = (f"test_{number}" for number in itertools.count(1))


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder with a short path that PostgreSQL's own account can enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="waybill-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server(server_folder: Path) -> Iterator[PostgresServer]:
    """A PostgreSQL for the whole session. A test may `kill()` it, and must `start()` it again."""
    server = PostgresServer(server_folder, free_port())
    server.initialize()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def broker_server(server_folder: Path) -> Iterator[BrokerServer]:
    """A broker for the whole session. A test may `kill()` it, and must `start()` it again (empty)."""
    server = BrokerServer(server_folder, free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bootstrap_servers(broker_server: BrokerServer) -> str:
    return broker_server.bootstrap_servers


@pytest_asyncio.fixture
async def database_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """The address of an empty database of this test alone, owned by a role without privileges."""
    name = next(_names)
    await _create_database(postgres_server.admin_url(), name)
    yield postgres_server.url(name, _TESTER, _TESTER_PASSWORD)
    await _drop_database(postgres_server.admin_url(), name)


async def _create_database(admin_url: str, name: str) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", _TESTER):
            await connection.execute(f"CREATE ROLE {_TESTER} LOGIN PASSWORD '{_TESTER_PASSWORD}'")
        await connection.execute(f"CREATE DATABASE {name} OWNER {_TESTER}")
    finally:
        await connection.close()


async def _drop_database(admin_url: str, name: str) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()
