"""Load: one action again and again, by a number of clients or at a rate.

closed    each client begins the next action when its last one is over. Whoever is slow is
asked less often, so the rate is what it can do, and latencies look better than a
crowd that does not wait would find them
open      actions begin at fixed times, whatever became of those before. Latency counts from
the time that was intended, so that waiting in line is not hidden ("coordinated
omission": Tene, "How NOT to Measure Latency", 2013)
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from waybill_toolkit.operations.workload.tasks import grouped

Act = Callable[[int, float], Coroutine[Any, Any, None]]
"""Does the action of this number; latency counts from this time of the running loop."""


@dataclass(frozen=True, slots=True)
class Rate:
    """When actions are to begin: so many a second, evenly, from `began` on."""

    per_second: float
    began: float

    def intended(self, number: int) -> float:
        """Return when action `number` (from 0) is to begin."""
        return self.began + number / self.per_second

    def due(self, now: float) -> int:
        """Return how many are to have begun by now."""
        return max(0, int((now - self.began) * self.per_second) + 1)


async def closed_loop(act: Act, *, clients: int, seconds: float) -> None:
    """Have so many clients act, each one action after the other, until the time is over."""
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
    """Begin actions at a rate for a time, and wait for all; returns how many were begun.

    No more are begun once `gives_up` says so of the number begun: nothing is learnt from a line
    that only grows.
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
