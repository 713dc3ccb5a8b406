"""Load: one action repeatedly, by a number of clients or at a rate.

closed    each client starts the next action when its last one has ended. A slow system gets fewer
requests, so the rate is its capacity, and latencies are better than under an open load
open      actions start at fixed times, whatever the outcome of earlier ones. Latency is measured
from the scheduled time, which includes queueing ("coordinated omission": Tene, "How NOT
to Measure Latency", 2013)
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from waybill_toolkit.operations.workload.tasks import grouped

Act = Callable[[int, float], Coroutine[Any, Any, None]]
"""Executes the action with this number; latency is measured from this loop time."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A schedule of actions at a constant rate, starting at `began`."""

    per_second: float
    began: float

    def intended(self, number: int) -> float:
        """Return the scheduled time of action `number`, from 0."""
        return self.began + number / self.per_second

    def due(self, now: float) -> int:
        """Return the number of actions that are due."""
        return max(0, int((now - self.began) * self.per_second) + 1)


async def closed_loop(act: Act, *, clients: int, seconds: float) -> None:
    """Run the clients, each with one action after the other, until the time has passed."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    number = 0

    async def client() -> None:
        nonlocal number
        while (now := loop.time()) < end:
            mine, number = number, number + 1
            await act(mine, now)

    async with grouped() as group:
        for _ in range(clients):
            group.create_task(client())


async def open_loop(
    act: Act, *, per_second: float, seconds: float, gives_up: Callable[[int], bool]
) -> int:
    """Start actions at a rate for a time, and wait for all; return their number.

    No further actions are started when `gives_up` returns true for the number of started ones: a
    queue that only grows shows nothing.
    """
    loop = asyncio.get_running_loop()
    rate = Rate(per_second, loop.time())
    total = max(1, round(per_second * seconds))
    number = 0
    async with grouped() as group:
        while number < total and not gives_up(number):
            for each in range(number, min(total, rate.due(loop.time()))):
                group.create_task(act(each, rate.intended(each)))
                number = each + 1
            await asyncio.sleep(max(0.0, rate.intended(number) - loop.time()))
    return number
