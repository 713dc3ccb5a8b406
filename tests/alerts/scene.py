"""A platform that a fault breaks, and the clients that use it meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import asyncpg
from tests.alerts.clients import Clients

from waybill_toolkit.lab.chaos.faulty_platform import FaultyPlatform
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.testing.valkey import Valkey

REPLICATED: Final = "catalog"


@dataclass(frozen=True, slots=True)
class Scene:
    """A platform, the store of its rate limits, and its clients."""

    faulty: FaultyPlatform
    store: Valkey
    clients: Clients
    replica_port: int = field(default_factory=free_port)
    """Of a second replica of REPLICATED, which one of the faults starts."""

    def targets(self) -> dict[str, list[int]]:
        """Return the ports that Prometheus reads, by service."""
        found = {each.name: [each.port] for each in self.faulty.plan.services}
        found[REPLICATED].append(self.replica_port)
        return found

    def database(self, service: str) -> str:
        """Return the address of a database for its administrator."""
        return self.faulty.platform.admin_url(service)


Broken: TypeAlias = Callable[[Scene], AbstractAsyncContextManager[None]]
"""Breaks something until the end of the block."""


@asynccontextmanager
async def running(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run a coroutine during the block. Raises what it raises, if it ends before the block."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        if task.done():
            task.result()
        task.cancel()
        await asyncio.wait([task])


async def execute(database_url: str, statement: str) -> None:
    """Execute a statement, or several."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
