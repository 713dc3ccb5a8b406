"""A database that answers and cannot write: the service is not ready, and says why."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from waybill.app import Service, build
from waybill.http.errors import problem_of
from waybill.postgres import Connection, Database, DatabaseUnavailableError, connect
from waybill.process.settings import Settings
from waybill_toolkit.lab.chaos.small_disk import filled, small_disk
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.postgres import PostgresServer
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.testing.eventually import eventually

FULL = "The database has no disk space left"
READ_ONLY = "The database is read-only"
SETTINGS = Settings.model_validate(
    {
        "service": "shop",
        "database_url": "postgresql://127.0.0.1:1/nowhere",
        "kafka_bootstrap_servers": "nowhere",
        "access": "open",
    }
)


@pytest.fixture
def folder_on_a_small_disk() -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("a tmpfs can be mounted by root only")
    with short_folder() as folder, small_disk(folder, 192):
        yield folder


@asynccontextmanager
async def serving(database_url: str) -> AsyncIterator[tuple[Database, httpx.AsyncClient]]:
    """Run a service that has a database and nothing else."""
    database = await Database.open(database_url)

    async def assemble(_settings: Settings) -> Service:
        return Service(database=database)

    app = build(SETTINGS, assemble)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        yield database, client


async def status(client: httpx.AsyncClient) -> tuple[int, str]:
    response = await client.get("/health/ready")
    return response.status_code, response.json()["status"]


async def write(database: Database) -> None:
    """Write one row that does not fit into the blocks that a table has already."""
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO filled SELECT repeat('x', 1000) FROM generate_series(1, 99)")


async def _becomes_not_ready(client: httpx.AsyncClient, reason: str) -> None:
    """Wait for the reason. The first check may still use a connection that was ended."""

    async def seen() -> tuple[int, str]:
        return await status(client)

    await eventually(
        reason,
        seen,
        lambda each: each == (503, reason),
        fails=lambda each: (
            each not in {(503, reason), (503, "The connection to the database failed")}
        ),
    )


async def test_not_ready_while_the_disk_is_full_and_ready_when_it_has_space_again(
    folder_on_a_small_disk: Path,
) -> None:
    sizes = {"min_wal_size": "32MB", "max_wal_size": "48MB"}
    server = PostgresServer(folder_on_a_small_disk, free_port(), settings=sizes)
    server.initialize()
    server.start()
    try:
        async with serving(server.admin_url()) as (database, client):
            async with database.connection() as connection:
                await connection.execute("CREATE TABLE filled (text text)")
            assert await status(client) == (200, "ready")
            async with filled(folder_on_a_small_disk):
                with pytest.raises(DatabaseUnavailableError, match="No space left") as raised:
                    await write(database)
                assert await status(client) == (503, FULL)
            assert problem_of(raised.value, "a test").detail == f"{FULL}; try again shortly."
            await write(database)
            assert await status(client) == (200, "ready")
    finally:
        server.stop()


async def test_not_ready_while_the_database_is_read_only_and_ready_after_it(
    database_url: str,
) -> None:
    async with (
        connect(database_url, name="administrator") as administrator,
        serving(database_url) as (database, client),
    ):
        name = await administrator.fetchval("SELECT current_database()")
        await administrator.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        await _end_other_sessions(administrator)
        await _becomes_not_ready(client, READ_ONLY)
        with pytest.raises(DatabaseUnavailableError) as raised:
            async with database.transaction() as tx:
                await tx.execute("CREATE TABLE anything ()")
        assert raised.value.reason == READ_ONLY
        await administrator.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        # At once: a connection to a read-only server is not used again.
        assert await status(client) == (200, "ready")


async def test_not_ready_while_the_server_accepts_no_more_connections(database_url: str) -> None:
    async with (
        connect(database_url, name="administrator") as administrator,
        serving(database_url) as (_, client),
    ):
        name = await administrator.fetchval("SELECT current_database()")
        await administrator.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
        await _end_other_sessions(administrator)
        await _becomes_not_ready(client, "The database accepts no more connections")
        await administrator.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
        assert await status(client) == (200, "ready")


@pytest.mark.parametrize(
    ("sqlstate", "reason"),
    [
        ("53100", FULL),
        ("25006", READ_ONLY),
        ("53200", "The database lacks memory or other resources"),
        ("58030", "The database cannot read or write its files"),
    ],
)
async def test_an_error_that_prevents_every_write_makes_the_database_unavailable(
    database_url: str, sqlstate: str, reason: str
) -> None:
    async with connect(database_url, name="a test") as connection:
        with pytest.raises(DatabaseUnavailableError) as raised:
            await connection.execute(f"DO $$ BEGIN RAISE SQLSTATE '{sqlstate}'; END $$")
    assert raised.value.reason == reason


async def _end_other_sessions(administrator: Connection) -> None:
    await administrator.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
