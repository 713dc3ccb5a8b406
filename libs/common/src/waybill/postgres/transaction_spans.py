"""The span of a transaction, by the semantic conventions of databases.

https://opentelemetry.io/docs/specs/semconv/database/. Statements are counted; neither their texts
nor their values are recorded.
"""

import time
from collections.abc import Sequence
from typing import Final

import asyncpg

from waybill import spans
from waybill.postgres.errors import ConcurrencyConflictError, DatabaseUnavailableError
from waybill.postgres.transaction import Transaction
from waybill.spans import Kind
from waybill.trace import TraceContext

_FAILURES: Final = (ConcurrencyConflictError, DatabaseUnavailableError, asyncpg.PostgresError)
"""Other errors roll back too: an operation that refuses a request is no failure of the database."""


class TransactionSpan:
    """A transaction of sampled traces, from the wait for a connection to its end."""

    __slots__ = ("_began", "_connected", "_parents")

    def __init__(self, parents: Sequence[TraceContext]) -> None:
        self._parents = parents
        self._began = self._connected = time.perf_counter()

    def connected(self) -> None:
        """Record that the pool has given a connection."""
        self._connected = time.perf_counter()

    def end(self, tx: Transaction, error: BaseException | None) -> None:
        """Record the span in each of its traces."""
        attributes = {
            "db.system.name": "postgresql",
            "db.operation.name": "COMMIT" if error is None else "ROLLBACK",
            "waybill.transaction.statements": tx.statements,
            "waybill.transaction.events_sent": tx.events_sent,
            "waybill.transaction.connection_wait_ms": round(
                (self._connected - self._began) * 1000, 3
            ),
            "waybill.transaction.rolled_back_by": None if error is None else type(error).__name__,
            "waybill.batch.traces": len(self._parents) if len(self._parents) > 1 else None,
        }
        spans.record_for_each(
            self._parents,
            "transaction",
            Kind.CLIENT,
            began=self._began,
            ended=time.perf_counter(),
            attributes=attributes,
            error=type(error).__name__ if isinstance(error, _FAILURES) else None,
        )


def begin_transaction() -> TransactionSpan | None:
    """Begin the span of a transaction; None when no sampled trace has it."""
    parents = spans.parents()
    return TransactionSpan(parents) if parents else None
