"""One transaction for many requests of one operation: those that come while another one runs.

        request ─┐
        request ─┼─> next round ──> work, keep the answers, commit
        request ─┘                    │
                                      │ a key is taken, or not all can be done
                                      └───────────> look for all keys
                                                    work, for those that are new, keep, commit

Its statements and its commit are shared, so that their number does not grow with the requests. Most
keys are new, and a unique constraint says when one is not: then nothing was done. No lock is taken:
of two replicas that have the same request at once, one is undone, and looks. When that fails, each
of the requests is tried alone, so that a bad one costs the others nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from waybill.group_commit import GroupCommit
from waybill.http.call import Call
from waybill.http.contract import Answer
from waybill.http.execution import IdempotentExecution, Result, keep, look
from waybill.http.problems import Problem
from waybill.postgres import (
    ConcurrencyConflictError,
    Database,
    DatabaseUnavailableError,
    Transaction,
)

RequestBody = TypeVar("RequestBody")


class _RefusalError(Exception):
    """One of the requests would be refused: unless it was done before, when it was not refused."""


@dataclass(frozen=True, slots=True)
class BatchedRequest(Generic[RequestBody]):
    """What one caller asks for."""

    body: RequestBody
    traceparent: str
    keyed: IdempotentExecution


class BatchedOperation(Generic[RequestBody, Result]):
    """Runs `work` for many requests in one transaction, each at most once, as Call.idempotent does.

    `work` gives an Answer or a Problem for each, in their order. For a Problem it must have written
    nothing: the transaction commits the Answers of the others. It is called again, in another
    transaction, when what it did was in vain.
    """

    def __init__(
        self,
        database: Database,
        work: Callable[
            [Transaction, Sequence[BatchedRequest[RequestBody]]], Awaitable[Sequence[Result]]
        ],
    ) -> None:
        self._database = database
        self._work = work
        self._together: GroupCommit[BatchedRequest[RequestBody], Any] = GroupCommit(self._round)
        self._looks_first = False
        """Where one request came again others may, and a round in vain costs more than a look."""

    async def run(self, call: Call, body: RequestBody) -> Result:
        """Have `body` done in the next round. Refuses and raises as Call.idempotent does."""
        if call.keyed is None:
            raise RuntimeError("the contract of this operation has no Idempotency-Key")
        result: Result = await self._together.do(BatchedRequest(body, call.traceparent, call.keyed))
        return result

    async def _round(
        self, asked: Sequence[BatchedRequest[RequestBody]]
    ) -> Sequence[Result | Exception]:
        try:
            if not self._looks_first:
                with suppress(ConcurrencyConflictError, _RefusalError):
                    return await self._as_new(asked)
            return await self._looking(asked)
        except DatabaseUnavailableError:
            raise
        except Exception:  # noqa: BLE001 (whose it is, is found out one by one)
            return [await self._alone(each) for each in asked]

    async def _alone(self, asked: BatchedRequest[RequestBody]) -> Result | Exception:
        try:
            [result] = await self._looking([asked])
        except Exception as error:  # noqa: BLE001 (this caller gets it)
            return error
        return result

    async def _as_new(self, asked: Sequence[BatchedRequest[RequestBody]]) -> Sequence[Result]:
        async with self._database.transaction(optimistic=True) as tx:
            results = await self._work(tx, asked)
            answered = _answered(asked, results)
            if len(answered) < len(asked):
                raise _RefusalError
            await keep(tx, answered)
        return results

    async def _looking(
        self, asked: Sequence[BatchedRequest[RequestBody]]
    ) -> Sequence[Result | Exception]:
        async def run(tx: Transaction) -> Sequence[Result | Exception]:
            refusals = await look(tx, [each.keyed for each in asked])
            ours = [each for each, no in zip(asked, refusals, strict=True) if no is None]
            self._looks_first = len(ours) < len(asked)
            results = list(await self._work(tx, ours)) if ours else []
            if answered := _answered(ours, results):
                await keep(tx, answered)
            of_ours = iter(results)
            return [next(of_ours) if no is None else no for no in refusals]

        return await self._database.run(run)


def _answered(
    asked: Sequence[BatchedRequest[RequestBody]], results: Sequence[Answer | Problem]
) -> list[tuple[IdempotentExecution, Answer]]:
    return [
        (each.keyed, result)
        for each, result in zip(asked, results, strict=True)
        if isinstance(result, Answer)
    ]
