"""Five databases with their real tables and a small consistent data set.

confirmed   2 x A and 1 x B, sold and captured
refused     5 x B, of which there were too few
declined    1 x A, released again
cancelled   1 x A, sold, captured, and all of it undone
moving      1 x B, reserved; its payment is under way, and the command for it in flight

Identity has one user who is active, and one who was erased.
"""

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from waybill.postgres.migrations import migrate
from waybill_toolkit.platform.postgres import PostgresServer

ROOT: Final = Path(__file__).parents[5]
SERVICES: Final = ("catalog", "identity", "inventory", "orders", "payments")
ROWS: Final = Path(__file__).with_name("world")
_copies = itertools.count(1)


@dataclass(frozen=True, slots=True)
class World:
    """The databases of one test: shared with other tests until a fault is planted."""

    server: PostgresServer
    databases: dict[str, str]

    async def plant(self, service: str, sql: str) -> None:
        """Change a database without its service."""
        copy = f"audit_{service}_{next(_copies)}"
        await _execute(
            self.server.admin_url(), f"CREATE DATABASE {copy} TEMPLATE {_template(service)}"
        )
        self.databases[service] = self.server.admin_url(copy)
        await _execute(self.databases[service], sql)


@pytest.fixture(scope="session")
def templates(postgres_server: PostgresServer) -> Mapping[str, str]:
    """Create one database for each service. They are deleted with the server."""
    asyncio.run(_make_templates(postgres_server))
    return {service: postgres_server.admin_url(_template(service)) for service in SERVICES}


@pytest.fixture
def world(postgres_server: PostgresServer, templates: Mapping[str, str]) -> World:
    return World(postgres_server, dict(templates))


async def _make_templates(server: PostgresServer) -> None:
    for service in SERVICES:
        await _execute(server.admin_url(), f"CREATE DATABASE {_template(service)}")
        url = server.admin_url(_template(service))
        await migrate(url, ROOT / "services" / service / "migrations")
        await _execute(url, (ROWS / f"{service}.sql").read_text("utf-8"))


def _template(service: str) -> str:
    return f"audit_template_{service}"


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
