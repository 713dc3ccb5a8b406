"""Detects when orders are confirmed, at little cost for the measured system.

Polling the API for hundreds of orders takes a tenth of a core. Instead, one query reads the
database of orders on an administrator's connection, which the costs exclude. It reads committed
data, which the API returns as well; a check compares the two. A confirmation is seen up to one poll
interval late, never early.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import asyncpg

from waybill_toolkit.operations.workload.tasks import grouped
from waybill_toolkit.platform.handle import Platform

LOOK_SECONDS: Final = 0.02
FEW: Final = 8
LOOK_AT_FEW_SECONDS: Final = 0.005
"""The interval for few orders, where the delay would affect the latency."""

_FINAL: Final = """
    select order_id, status from orders
    where order_id = any($1::uuid[]) and status in ('confirmed', 'rejected', 'cancelled')
"""

Seen = Callable[[str, float], None]
"""Called with the final status of an order and the loop time when it was seen."""


class Watcher:
    """Polls the status of all orders in progress with one query."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._awaited: dict[UUID, Seen] = {}
        self._something = asyncio.Event()
        self.looks = 0

    @property
    def awaited(self) -> int:
        """The number of orders that are not final."""
        return len(self._awaited)

    def watch(self, order_id: str, seen: Seen) -> None:
        """Call `seen` when the order is final."""
        self._awaited[UUID(order_id)] = seen
        self._something.set()

    async def final(self, order_id: str) -> tuple[str, float]:
        """Wait until the order is final; return its status and the time."""
        future: asyncio.Future[tuple[str, float]] = asyncio.get_running_loop().create_future()

        def seen(status: str, at: float) -> None:
            if not future.done():  # the waiting task was cancelled
                future.set_result((status, at))

        self.watch(order_id, seen)
        return await future

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            await self._something.wait()
            few = len(self._awaited) <= FEW
            await asyncio.sleep(LOOK_AT_FEW_SECONDS if few else LOOK_SECONDS)
            await self._look()

    async def _look(self) -> None:
        self.looks += 1
        rows = await self._connection.fetch(_FINAL, list(self._awaited))
        now = asyncio.get_running_loop().time()
        for row in rows:
            self._awaited.pop(row["order_id"])(row["status"], now)
        if not self._awaited:
            self._something.clear()


@asynccontextmanager
async def watching(platform: Platform) -> AsyncIterator[Watcher]:
    """Watch the orders of a platform within the context."""
    connection = await asyncpg.connect(platform.admin_url("orders"))
    try:
        watcher = Watcher(connection)
        async with grouped() as group:
            task = group.create_task(watcher.run())
            yield watcher
            task.cancel()
    finally:
        connection.terminate()
