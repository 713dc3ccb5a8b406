"""What a handler is told about the request it answers, beside its typed input."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from waybill.access import Principal
from waybill.http.contract import Answer
from waybill.problems import Problem

if TYPE_CHECKING:
    from waybill.database import Database, Transaction

Result = TypeVar("Result", bound=Answer | Problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: who asks, in which trace, under which Idempotency-Key."""

    principal: Principal
    traceparent: str
    idempotency_key: str | None = None

    async def once(
        self, database: "Database", run: "Callable[[Transaction], Awaitable[Result]]"
    ) -> Result:
        """Run `run` in one transaction, at most once per principal, operation and key."""
        raise NotImplementedError

    async def transact(
        self, database: "Database", run: "Callable[[Transaction], Awaitable[Result]]"
    ) -> Result:
        """Run `run` in one transaction: an Answer commits, a Problem rolls back."""
        raise NotImplementedError
