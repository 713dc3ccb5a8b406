"""Batched requests: one transaction for the requests that arrive while another one runs.

        request ─┐
        request ─┼─> next round ──> work, store the answers, commit
        request ─┘                    │
                                      │ a key is in use, or a request is refused
                                      └───────────> check all keys
                                                    work for new requests, store, commit

The requests share statements and the commit, so their number does not grow with the requests. Most
keys are new. When one is not, a unique constraint fails and the transaction is rolled back. No lock
is taken: when two replicas get the same request at once, one of them is rolled back and checks the
keys. When that fails too, each request is processed in its own transaction, so that a failing one
does not affect the others.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from waybill import spans
from waybill.group_commit import GroupCommit
from waybill.http.call import Call
from waybill.http.contract import Answer
from waybill.http.execution import IdempotentExecution, Result, check_keys, store
from waybill.http.problems import Problem
from waybill.postgres import (
    ConcurrencyConflictError,
    Database,
    DatabaseUnavailableError,
    Transaction,
)

RequestBody = TypeVar("RequestBody")


class _RefusalError(Exception):
    """One of the requests was refused. It may be a retry of a request that was done."""


@dataclass(frozen=True, slots=True)
class BatchedRequest(Generic[RequestBody]):
    """The request of one caller."""

    body: RequestBody
    traceparent: str
    actor: str
    keyed: IdempotentExecution


class BatchedOperation(Generic[RequestBody, Result]):
    """Runs `work` for many requests in one transaction, each at most once, as Call.idempotent does.

    `work` returns an Answer or a Problem for each, in their order. For a Problem it must have
    written nothing: the transaction commits the Answers of the others. It is called again, in
    another transaction, after a rollback.
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
        self._group_commit: GroupCommit[BatchedRequest[RequestBody], Any] = GroupCommit(self._round)
        self._checks_first = False
        """After one retried request more may follow, and a rollback costs more than a check."""

    async def run(self, call: Call, body: RequestBody) -> Result:
        """Process `body` in the next round. Refuses and raises as Call.idempotent does."""
        if call.keyed is None:
            raise RuntimeError("the contract of this operation has no Idempotency-Key")
        result: Result = await self._group_commit.do(
            BatchedRequest(body, call.traceparent, call.principal.actor, call.keyed)
        )
        return result

    async def _round(
        self, requests: Sequence[BatchedRequest[RequestBody]]
    ) -> Sequence[Result | Exception]:
        with spans.shared_by_traces(each.traceparent for each in requests):
            return await self._process(requests)

    async def _process(
        self, requests: Sequence[BatchedRequest[RequestBody]]
    ) -> Sequence[Result | Exception]:
        try:
            if not self._checks_first:
                with suppress(ConcurrencyConflictError, _RefusalError):
                    return await self._optimistically(requests)
            return await self._with_check(requests)
        except DatabaseUnavailableError:
            raise
        except Exception:  # noqa: BLE001 (processing one by one finds the request)
            return [await self._one(each) for each in requests]

    async def _one(self, request: BatchedRequest[RequestBody]) -> Result | Exception:
        try:
            with spans.shared_by_traces([request.traceparent]):
                [result] = await self._with_check([request])
        except Exception as error:  # noqa: BLE001 (this caller gets it)
            return error
        return result

    async def _optimistically(
        self, requests: Sequence[BatchedRequest[RequestBody]]
    ) -> Sequence[Result]:
        async with self._database.transaction(optimistic=True) as tx:
            tx.actor = None  # each request has its own
            results = await self._work(tx, requests)
            answered = _answered(requests, results)
            if len(answered) < len(requests):
                raise _RefusalError
            await store(tx, answered)
        return results

    async def _with_check(
        self, requests: Sequence[BatchedRequest[RequestBody]]
    ) -> Sequence[Result | Exception]:
        async def run(tx: Transaction) -> Sequence[Result | Exception]:
            tx.actor = None
            refusals = await check_keys(tx, [each.keyed for each in requests])
            ours = [
                each for each, refusal in zip(requests, refusals, strict=True) if refusal is None
            ]
            self._checks_first = len(ours) < len(requests)
            results = list(await self._work(tx, ours)) if ours else []
            if answered := _answered(ours, results):
                await store(tx, answered)
            of_ours = iter(results)
            return [next(of_ours) if each is None else each for each in refusals]

        return await self._database.run(run)


def _answered(
    requests: Sequence[BatchedRequest[RequestBody]], results: Sequence[Answer | Problem]
) -> list[tuple[IdempotentExecution, Answer]]:
    return [
        (each.keyed, result)
        for each, result in zip(requests, results, strict=True)
        if isinstance(result, Answer)
    ]
