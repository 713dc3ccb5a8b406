"""What a handler gets in addition to its typed input."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from waybill.http.access import Principal
from waybill.http.contract import Answer
from waybill.http.execution import IdempotentExecution, Result, transact
from waybill.http.problems import Problem
from waybill.postgres import Database, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: its caller, its trace, and its Idempotency-Key."""

    principal: Principal
    traceparent: str
    keyed: IdempotentExecution | None = field(default=None, repr=False)
    check: Callable[[Answer | Problem], None] = field(default=lambda _answer: None, repr=False)
    """Refuses an answer that the caller may not see; see ownership.py."""

    @property
    def idempotency_key(self) -> str | None:
        """The key, for operations whose contract has one."""
        return None if self.keyed is None else self.keyed.key

    async def idempotent(
        self, database: Database, run: Callable[[Transaction], Awaitable[Result]]
    ) -> Result:
        """Run `run` in one transaction, at most once per caller, operation and Idempotency-Key.

        An Answer is stored with the key in that same transaction and commits; a Problem rolls
        back and leaves the key free, as a crash does. `run` is retried after a
        conflict with another transaction. When the answer is stored already, this does not return:
        the endpoint replays it. Likewise it refuses with 409 while the first request is running,
        and with 422 when that request had other input.

        Raises RuntimeError when the operation's contract has no Idempotency-Key;
        DatabaseUnavailableError (then it may have been committed: the key makes a retry safe).
        """
        if self.keyed is None:
            raise RuntimeError("the contract of this operation has no Idempotency-Key")
        return await self.keyed.run(database, self._by_caller(run))

    async def transact(
        self, database: Database, run: Callable[[Transaction], Awaitable[Result]]
    ) -> Result:
        """Run `run` in one transaction: an Answer commits, a Problem rolls back.

        For operations without Idempotency-Key. Raises DatabaseUnavailableError.
        """

        async def checked(tx: Transaction) -> Result:
            result = await run(tx)
            self.check(result)
            return result

        return await transact(database, self._by_caller(checked))

    def _by_caller(
        self, run: Callable[[Transaction], Awaitable[Result]]
    ) -> Callable[[Transaction], Awaitable[Result]]:
        """Make the caller the actor of the transaction."""

        def run_as_caller(tx: Transaction) -> Awaitable[Result]:
            tx.actor = self.principal.actor
            return run(tx)

        return run_as_caller
