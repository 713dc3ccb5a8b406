"""Polls orders until they are final."""

import asyncio
import time
from typing import Final

from waybill_toolkit.operations.workload.client import Client, Order

# An order is final within some hundredths of a second, or after the failed process is ready again.
FIRST_DELAY_SECONDS: Final = 0.01
LAST_DELAY_SECONDS: Final = 0.25
# The crash recovery of PostgreSQL takes longest, a minute at most. A saga times out after five
# minutes, but then something is wrong and must be reported.
PATIENCE_SECONDS: Final = 120.0


class Poller:
    """Polls each order with growing intervals.

    It waits as long as some order becomes final within the timeout.
    """

    def __init__(self, client: Client, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._client = client
        self._patience_seconds = patience_seconds
        self._last_progress = time.monotonic()

    async def follow(self, order: Order) -> Order:
        """Return the order when it is final, or its last state when no order makes progress."""
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
