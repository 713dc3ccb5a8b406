"""Group commit: what is asked for while a round runs is done together in the next one.

So hundreds of wishes a second need few transactions, and one that comes alone does not wait.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

ROUND_MAX: Final = 64
"""Enough to make the cost of a transaction small for each, few enough for it to be quick."""


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Item, Result]):
    item: Item
    result: asyncio.Future[Result]


class GroupCommit(Generic[Item, Result]):
    """Does for many callers at once what each asks for by itself, one round after another.

    `work` gives a result for each item, in their order; an exception is the result of all. When the
    caller whose task carries a round is cancelled, the others' items are done again in the next
    round: doing something twice must do no harm.
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
        """Have `item` done in the next round; returns or raises what came of it."""
        mine: _Waiting[Item, Result] = _Waiting(item, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        # Turns are given in the order of asking, so whoever has the turn is in the next round.
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
                waiting.result.exception()  # seen: a caller that has gone away does not fetch it
            else:
                waiting.result.set_result(result)
