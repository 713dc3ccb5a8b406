"""Work in one transaction: answers commit, problems roll back, keys run once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from waybill.http import idempotency
from waybill.http.contract import Answer
from waybill.http.idempotency import Claim, KeyedRequest, StoredAnswer
from waybill.http.problems import IdempotencyKeyInUse, IdempotencyKeyReused, Problem, ProblemError
from waybill.http.reply import ReplayedAnswerError, Reply
from waybill.postgres import Database, Transaction

Result = TypeVar("Result", bound=Answer | Problem)

REPLAYED: Final = ("idempotent-replayed", "true")
"""Tells a client that this answer was stored, and nothing was done now."""


class _RollBackError(Exception):
    def __init__(self, result: Problem) -> None:
        super().__init__()
        self.result: Any = result


async def transact(database: Database, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """Run `work` in one transaction: an Answer commits, a Problem rolls back."""

    async def run(tx: Transaction) -> Result:
        result = await work(tx)
        if isinstance(result, Problem):
            raise _RollBackError(result)
        return result

    try:
        return await database.run(run)
    except _RollBackError as rollback:
        problem: Result = rollback.result
        return problem


class IdempotentExecution:
    """One request under an Idempotency-Key."""

    def __init__(self, request: KeyedRequest, render: Callable[[Answer], Reply]) -> None:
        self.key = request.key
        self.request = request
        self._render = render
        self._rendered: tuple[Answer, Reply] | None = None

    async def run(
        self, database: Database, work: Callable[[Transaction], Awaitable[Result]]
    ) -> Result:
        """Run `work` unless its answer is stored; see Call.idempotent."""

        async def keyed(tx: Transaction) -> Result:
            no = refusal(await idempotency.claim(tx, self.request))
            if no is not None:
                raise no
            result = await work(tx)
            if isinstance(result, Answer):
                await keep(tx, [(self, result)])
            return result

        return await transact(database, keyed)

    def rendered(self, answer: Answer) -> Reply:
        """Give the reply that was stored for `answer`, or make it."""
        if self._rendered is None or self._rendered[0] is not answer:
            self._rendered = answer, self._render(answer)
        return self._rendered[1]


async def look(
    tx: Transaction, asked: Sequence[IdempotentExecution]
) -> list[ReplayedAnswerError | ProblemError | None]:
    """Tell of each request why it is not to be done, if so."""
    return list(map(refusal, await idempotency.look(tx, [each.request for each in asked])))


async def keep(tx: Transaction, answered: Sequence[tuple[IdempotentExecution, Answer]]) -> None:
    """Store the answers of requests.

    Raises ConcurrencyConflictError when another transaction has executed one of them.
    """
    replies = [(once.request, once.rendered(answer)) for once, answer in answered]
    stored = [
        (request, StoredAnswer(reply.status, reply.headers, reply.body))
        for request, reply in replies
    ]
    await idempotency.keep(tx, stored)


def refusal(claimed: Claim | StoredAnswer) -> ReplayedAnswerError | ProblemError | None:
    """Say how a request ends whose key is not its own; None when it is."""
    match claimed:
        case StoredAnswer(status, headers, body):
            return ReplayedAnswerError(Reply(status, (*headers, REPLAYED), body))
        case Claim.IN_USE:
            return _in_use()
        case Claim.REUSED:
            detail = "The key came first with another request; take a new one for this."
            return ProblemError(IdempotencyKeyReused(detail=detail))
        case Claim.OURS:
            return None


def _in_use() -> ProblemError:
    detail = "Another request with this key has not ended; send this one again a little later."
    return ProblemError(IdempotencyKeyInUse(detail=detail))
