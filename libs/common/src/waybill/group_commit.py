"""Group commit: the items that arrive while a round runs are processed together in the next one.

So hundreds of items a second need few transactions, and a single item does not wait.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

ROUND_MAX: Final = 64
"""Enough to make a transaction cheap per item, few enough to keep it short."""


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Item, Result]):
    item: Item
    result: asyncio.Future[Result]


class GroupCommit(Generic[Item, Result]):
    """Processes the items of many callers together, one round after another.

    `work` returns a result for each item, in their order; an exception is the result of all. When
    the caller whose task runs a round is cancelled, the items of the others are processed again in
    the next round, so `work` must be idempotent.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        most: int = ROUND_MAX,
    ) -> None:
        self._work = work
        self._most = most
        self._waiting: list[_Waiting[Item, Result]] = []
        self._turn = asyncio.Lock()

    async def do(self, item: Item) -> Result:
        """Process `item` in the next round; returns or raises its result."""
        mine: _Waiting[Item, Result] = _Waiting(item, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        # The lock is fair, so the item of the task that holds it is in the next round.
        try:
            async with self._turn:
                if not mine.result.done():
                    await self._round()
        except asyncio.CancelledError:
            if mine in self._waiting:
                self._waiting.remove(mine)
            raise
        return mine.result.result()

    async def _round(self) -> None:
        batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            results = await self._work([waiting.item for waiting in batch])
        except asyncio.CancelledError:
            self._waiting = batch + self._waiting
            raise
        except Exception as error:  # noqa: BLE001 (each caller gets it)
            results = [error] * len(batch)
        for waiting, result in zip(batch, results, strict=True):
            if isinstance(result, Exception):
                waiting.result.set_exception(result)
                waiting.result.exception()  # marks it as retrieved, for a caller that was cancelled
            else:
                waiting.result.set_result(result)
