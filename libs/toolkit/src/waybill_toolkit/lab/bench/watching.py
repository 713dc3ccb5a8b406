"""Seeing when orders are confirmed, at little cost to what is measured.

The API says it too, but asking it for hundreds of orders under way takes a tenth of a core. So the
look is a query in the database of orders, on a connection of an administrator, which the costs
leave out. What it sees is committed: from that moment the API says the same, and a check asks it.
A confirmation is seen up to one look late, never early.
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
"""Few orders are looked up faster and wait for each other less: here the delay would be seen."""

_FINAL: Final = """
    select order_id, status from orders
    where order_id = any($1::uuid[]) and status in ('confirmed', 'rejected', 'cancelled')
"""

Seen = Callable[[str, float], None]
"""Called with the final status of an order, and when that was seen by the running loop."""


class Watcher:
    """Looks for the ends of orders, all of them with one query."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._awaited: dict[UUID, Seen] = {}
        self._something = asyncio.Event()
        self.looks = 0

    @property
    def awaited(self) -> int:
        """How many orders have been accepted and have not come to their end."""
        return len(self._awaited)

    def watch(self, order_id: str, seen: Seen) -> None:
        """Have `seen` called when the order is final."""
        self._awaited[UUID(order_id)] = seen
        self._something.set()

    async def final(self, order_id: str) -> tuple[str, float]:
        """Return the status of the order when it is final, and when that was seen."""
        future: asyncio.Future[tuple[str, float]] = asyncio.get_running_loop().create_future()

        def seen(status: str, at: float) -> None:
            if not future.done():  # nobody waits any more
                future.set_result((status, at))

        self.watch(order_id, seen)
        return await future

    async def run(self) -> None:
        """Look again and again, until cancelled."""
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
    """Watch the orders of a platform meanwhile."""
    connection = await asyncpg.connect(platform.admin_url("orders"))
    try:
        watcher = Watcher(connection)
        async with grouped() as group:
            task = group.create_task(watcher.run())
            yield watcher
            task.cancel()
    finally:
        connection.terminate()
