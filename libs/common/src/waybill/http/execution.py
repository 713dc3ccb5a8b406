"""Execution in one transaction: answers commit, problems roll back, keys run once."""

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
"""Marks a stored answer: the request was not executed again."""


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
            refused = refusal(await idempotency.claim(tx, self.request))
            if refused is not None:
                raise refused
            result = await work(tx)
            if isinstance(result, Answer):
                await store(tx, [(self, result)])
            return result

        return await transact(database, keyed)

    def rendered(self, answer: Answer) -> Reply:
        """Return the reply that was rendered for `answer`, or render it."""
        if self._rendered is None or self._rendered[0] is not answer:
            self._rendered = answer, self._render(answer)
        return self._rendered[1]


async def check_keys(
    tx: Transaction, executions: Sequence[IdempotentExecution]
) -> list[ReplayedAnswerError | ProblemError | None]:
    """Return for each request why it must not be executed, or None."""
    return list(map(refusal, await idempotency.check(tx, [each.request for each in executions])))


async def store(tx: Transaction, answered: Sequence[tuple[IdempotentExecution, Answer]]) -> None:
    """Store the answers of requests.

    Raises ConcurrencyConflictError when another transaction has executed one of them.
    """
    replies = [(each.request, each.rendered(answer)) for each, answer in answered]
    stored = [
        (request, StoredAnswer(reply.status, reply.headers, reply.body))
        for request, reply in replies
    ]
    await idempotency.store(tx, stored)


def refusal(claimed: Claim | StoredAnswer) -> ReplayedAnswerError | ProblemError | None:
    """Return the refusal of a request whose key is in use or was used; None when it is new."""
    match claimed:
        case StoredAnswer(status, headers, body):
            return ReplayedAnswerError(Reply(status, (*headers, REPLAYED), body))
        case Claim.IN_USE:
            return _in_use()
        case Claim.REUSED:
            detail = "The key was used for another request; send a new key for this one."
            return ProblemError(IdempotencyKeyReused(detail=detail))
        case Claim.OURS:
            return None


def _in_use() -> ProblemError:
    detail = "Another request with this key is still running; retry later."
    return ProblemError(IdempotencyKeyInUse(detail=detail))
