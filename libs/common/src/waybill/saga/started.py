"""Started sagas, passed on to the process that moves them, so that it need not read them.

Within one process they are cached at once. A process that only serves requests passes them to its
background process. They are an optimization: a saga that does not arrive is read.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from waybill.postgres import Transaction
from waybill.saga.advance import Position
from waybill.saga.memory import Memory
from waybill.saga.registry import SagaRegistry
from waybill.saga.rows import Row
from waybill.saga.step_spans import FIRST, SagaTrace


class StartedSaga(NamedTuple):
    """A saga at its first position, as it was committed."""

    saga_id: UUID
    name: str
    version: int
    position: Position
    started_at: datetime
    traceparent: str | None
    subject: Any
    """None if commands may use data of the subject that changes."""


PassOn: TypeAlias = Callable[[Sequence[StartedSaga]], None]


class StartedSagas:
    """Passes sagas on after the commit that has started them."""

    def __init__(self, registry: SagaRegistry, memory: Memory) -> None:
        self._registry = registry
        self._memory = memory
        self.pass_on: PassOn = self.cache
        """Called with the sagas of each commit. Must not block."""

    def committed_by(self, tx: Transaction, started: Sequence[StartedSaga]) -> None:
        """Pass sagas on when `tx` is committed."""
        tx.after_commit(lambda: self.pass_on(started))

    def cache(self, started: Sequence[StartedSaga]) -> None:
        """Cache them, except those that were moved already: they may arrive late."""
        self._memory.add(map(self._row, started))

    def _row(self, started: StartedSaga) -> Row:
        return Row(
            started.saga_id,
            self._registry.definition(started.name, started.version),
            started.position,
            FIRST,
            started.started_at,
            SagaTrace(started.saga_id, started.traceparent),
            started.subject,
        )
