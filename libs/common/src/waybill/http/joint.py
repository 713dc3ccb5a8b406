"""One transaction for many requests of one operation: those that come while another one runs.

        request ─┐                    ┌─ look for the keys of all
        request ─┼─> next round ──> tx┼─ work, for those that are new
        request ─┘                    └─ keep the answers, commit

Its statements and its commit are shared, so that their number does not grow with the requests. When
a round fails, each of its requests is tried alone, so that a bad one costs the others nothing. No
lock is taken: of two replicas that have the same request at once, one finds its key taken at the
end, is undone, and looks again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from waybill.database import Database, DatabaseUnavailableError, Transaction
from waybill.http.call import Call
from waybill.http.contract import Answer
from waybill.http.once import Once, Result, keep, look
from waybill.together import Together

Wish = TypeVar("Wish")


@dataclass(frozen=True, slots=True)
class Asked(Generic[Wish]):
    """What one caller asks for."""

    wish: Wish
    traceparent: str
    keyed: Once


class Joint(Generic[Wish, Result]):
    """Runs `work` for many requests in one transaction, each at most once, as Call.once does.

    `work` gives an Answer or a Problem for each, in their order. For a Problem it must have written
    nothing: the transaction commits the Answers of the others.
    """

    def __init__(
        self,
        database: Database,
        work: Callable[[Transaction, Sequence[Asked[Wish]]], Awaitable[Sequence[Result]]],
    ) -> None:
        self._database = database
        self._work = work
        self._together: Together[Asked[Wish], Any] = Together(self._round)

    async def once(self, call: Call, wish: Wish) -> Result:
        """Have `wish` done in the next round. Refuses and raises as Call.once does."""
        if call.keyed is None:
            raise RuntimeError("the contract of this operation has no Idempotency-Key")
        result: Result = await self._together.do(Asked(wish, call.traceparent, call.keyed))
        return result

    async def _round(self, asked: Sequence[Asked[Wish]]) -> Sequence[Result | Exception]:
        try:
            return await self._in_one(asked)
        except DatabaseUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 (found out one by one)
            return [error] if len(asked) == 1 else [await self._alone(each) for each in asked]

    async def _alone(self, asked: Asked[Wish]) -> Result | Exception:
        try:
            [result] = await self._in_one([asked])
        except Exception as error:  # noqa: BLE001 (this caller gets it)
            return error
        return result

    async def _in_one(self, asked: Sequence[Asked[Wish]]) -> Sequence[Result | Exception]:
        async def run(tx: Transaction) -> Sequence[Result | Exception]:
            refusals = await look(tx, [each.keyed for each in asked])
            ours = [each for each, no in zip(asked, refusals, strict=True) if no is None]
            results = list(await self._work(tx, ours)) if ours else []
            answered = [
                (each.keyed, result)
                for each, result in zip(ours, results, strict=True)
                if isinstance(result, Answer)
            ]
            if answered:
                await keep(tx, answered)
            of_ours = iter(results)
            return [next(of_ours) if no is None else no for no in refusals]

        return await self._database.run(run)
