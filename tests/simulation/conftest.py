"""The simulated and the real PostgreSQL, with the same tables."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import asyncpg
import pytest
import pytest_asyncio

import identity
import inventory
import orders
import payments
from waybill.postgres.migrations import migrate, migrations_folder
from waybill_simulation.postgres.catalog import read_tables, tables_of
from waybill_simulation.postgres.schema import Schema
from waybill_simulation.postgres.server import Server
from waybill_simulation.postgres.session import connect
from waybill_simulation.postgres.transaction_block import Answer

TABLES = (
    "outbox", "published_logs", "inbox", "dead_letters", "idempotency_keys", "sagas",
    "saga_transitions", "orders", "order_lines", "price_lists", "unit_prices", "stock",
    "stock_adjustments", "reservations", "reservation_lines", "payments", "ledger_entries",
    "security_log", "users", "role_members", "clients", "sessions", "denied_sessions", "codes",
    "families", "refresh_tokens", "signing_keys",
)  # fmt: skip
NOW = datetime(2026, 11, 22, tzinfo=UTC)
SERVICES = (identity, inventory, orders, payments)
FOLDERS = [migrations_folder(str(each.__file__)) for each in SERVICES]
APPEND_ONLY = ("ledger_entries", "security_log")


class Session(Protocol):
    """A connection to either PostgreSQL."""

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]: ...

    async def execute(self, sql: str, *arguments: Any) -> str: ...


class SimulatedSession:
    """A connection to the simulated server without a network."""

    def __init__(self, server: Server) -> None:
        self.session = connect(server)

    async def _ask(self, sql: str, arguments: tuple[Any, ...]) -> tuple[str, list[Any]]:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.session.ask(sql, arguments, future.set_result)
        answer = await future
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        return (await self._ask(sql, arguments))[1]

    async def execute(self, sql: str, *arguments: Any) -> str:
        return (await self._ask(sql, arguments))[0]


@dataclass
class Port:
    """Opens sessions on one of the two."""

    open: Callable[[], Awaitable[Session]]
    closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def migrated_url(module_database_url: str) -> str:
    await migrate(module_database_url, *FOLDERS)
    return module_database_url


async def schema_in(url: str) -> Schema:
    """Read the schema of a real database."""
    connection = await asyncpg.connect(url)
    described = await read_tables(connection)
    await connection.close()
    return Schema(tables_of(described))


@pytest_asyncio.fixture
async def simulated(migrated_url: str) -> Port:
    """Return the simulated one, with the tables of the real one."""
    server = Server(await schema_in(migrated_url), lambda: NOW)

    async def open_session() -> Session:
        return SimulatedSession(server)

    return Port(open_session)


@pytest_asyncio.fixture
async def real(migrated_url: str) -> AsyncIterator[Port]:
    """Return the real one; its tables are emptied after the test."""
    opened: list[asyncpg.Connection[Any]] = []

    async def open_session() -> Session:
        connection = await asyncpg.connect(migrated_url)
        opened.append(connection)
        return connection

    yield Port(open_session)
    for connection in opened:
        await connection.close(timeout=1)
    connection = await asyncpg.connect(migrated_url)
    for table in APPEND_ONLY:
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await connection.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY CASCADE")
    for table in APPEND_ONLY:
        await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    await connection.close()


@pytest.fixture(params=["simulated", "real"])
def port(request: pytest.FixtureRequest) -> Port:
    """Return each in turn: a test runs on both."""
    found: Port = request.getfixturevalue(request.param)
    return found
