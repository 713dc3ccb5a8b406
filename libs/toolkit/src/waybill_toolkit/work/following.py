"""Following orders until they are final, as a client can: by asking."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from waybill_toolkit.work.client import Client, Order
from waybill_toolkit.work.tasks import ungrouped

# An order is final within some hundredths of a second, or after whatever is down is back up.
FIRST_DELAY_SECONDS: Final = 0.01
LAST_DELAY_SECONDS: Final = 0.25
# A crash of PostgreSQL takes longest to get over: a minute at most. A saga that heard nothing
# would turn back after five; by then something is wrong, and that is what is to be reported.
PATIENCE_SECONDS: Final = 120.0


class Poller:
    """Asks for each order alone, at growing intervals.

    As long as some order becomes final now and then, the others are waited for.
    """

    def __init__(self, client: Client, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._client = client
        self._patience_seconds = patience_seconds
        self._last_progress = time.monotonic()

    async def follow(self, order: Order) -> Order:
        """Return the order when it is final, or as it is when nothing moves any more."""
        delay_seconds = FIRST_DELAY_SECONDS
        while not order.is_final and self._is_moving():
            await asyncio.sleep(delay_seconds)
            delay_seconds = min(delay_seconds * 1.5, LAST_DELAY_SECONDS)
            order = await self._client.get_order(order.order_id)
        if order.is_final:
            self._last_progress = time.monotonic()
        return order

    def _is_moving(self) -> bool:
        return time.monotonic() < self._last_progress + self._patience_seconds


class PageWatcher:
    """Asks for all of many small orders at once: they are on the page of the newest ones.

    One request a look, however many orders are followed, so that following costs the platform
    little. An order that takes so long that others push it off the page is asked for alone.
    """

    def __init__(self, client: Client, page_size: int, interval_seconds: float) -> None:
        self._client = client
        self._page_size = page_size
        self._interval_seconds = interval_seconds
        self._poller = Poller(client)
        self._awaited: dict[str, tuple[Order, asyncio.Future[Order]]] = {}

    async def follow(self, order: Order) -> Order:
        """Return the order when it is final, or as it is when nothing moves any more."""
        seen: asyncio.Future[Order] = asyncio.get_running_loop().create_future()
        self._awaited[order.order_id] = order, seen
        return await self._poller.follow(await seen)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look at the page again and again meanwhile. Raises UnreachableError."""
        with ungrouped():
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(self._watch())
                yield
                watch.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._interval_seconds)
            if self._awaited:
                await self._look()

    async def _look(self) -> None:
        asked = list(self._awaited.items())  # who comes later may not be on this page yet
        page = {each.order_id: each for each in await self._client.newest_orders(self._page_size)}
        for order_id, (order, seen) in asked:
            found = page.get(order_id)
            if found is None or found.is_final:
                del self._awaited[order_id]
                seen.set_result(found or order)
