"""Work in one transaction: answers commit, problems roll back, keys run once."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from waybill import idempotency
from waybill.database import Database, Transaction
from waybill.http.contract import Answer
from waybill.http.reply import AnsweredError, Reply
from waybill.idempotency import Claim, KeyedRequest, StoredAnswer
from waybill.problems import IdempotencyKeyInUse, IdempotencyKeyReused, Problem, RefusedError

Result = TypeVar("Result", bound=Answer | Problem)

REPLAYED: Final = ("idempotent-replayed", "true")
"""Tells a client that this answer was stored, and nothing was done now."""


class _RollBackError(Exception):
    def __init__(self, result: Problem) -> None:
        super().__init__()
        self.result: Any = result


async def transact(database: Database, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """Run `work` in one transaction: an Answer commits, a Problem rolls back."""
    try:
        async with database.transaction() as tx:
            result = await work(tx)
            _let_only_answers_commit(result)
    except _RollBackError as rollback:
        problem: Result = rollback.result
        return problem
    return result


def _let_only_answers_commit(result: Answer | Problem) -> None:
    if isinstance(result, Problem):
        raise _RollBackError(result)


class Once:
    """One request under an Idempotency-Key."""

    def __init__(self, request: KeyedRequest, render: Callable[[Answer], Reply]) -> None:
        self.key = request.key
        self._request = request
        self._render = render
        self._rendered: tuple[Answer, Reply] | None = None

    async def run(
        self, database: Database, work: Callable[[Transaction], Awaitable[Result]]
    ) -> Result:
        """Run `work` unless its answer is stored; see Call.once."""

        async def keyed(tx: Transaction) -> Result:
            await self._claim(tx)
            result = await work(tx)
            if isinstance(result, Answer):
                await self._keep(tx, result)
            return result

        return await transact(database, keyed)

    def rendered(self, answer: Answer) -> Reply:
        """Give the reply that was stored for `answer`, or make it."""
        if self._rendered is not None and self._rendered[0] is answer:
            return self._rendered[1]
        return self._render(answer)

    async def _claim(self, tx: Transaction) -> None:
        match await idempotency.claim(tx, self._request):
            case StoredAnswer() as stored:
                raise AnsweredError(Reply(stored.status, (*stored.headers, REPLAYED), stored.body))
            case Claim.IN_USE:
                raise _in_use()
            case Claim.REUSED:
                detail = "The key came first with another request; take a new one for this."
                raise RefusedError(IdempotencyKeyReused(detail=detail))
            case Claim.OURS:
                return

    async def _keep(self, tx: Transaction, answer: Answer) -> None:
        reply = self._render(answer)
        stored = StoredAnswer(reply.status, reply.headers, reply.body)
        if not await idempotency.keep(tx, self._request, stored):
            raise _in_use()
        self._rendered = answer, reply


def _in_use() -> RefusedError:
    detail = "Another request with this key has not ended; send this one again a little later."
    return RefusedError(IdempotencyKeyInUse(detail=detail))
