"""What the engine and the service whose sagas it moves say to each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol
from uuid import UUID

import asyncpg

from waybill.events import Cause
from waybill.postgres import Transaction
from waybill.saga.advance import Position
from waybill.saga.definition import C, S


@dataclass(frozen=True, slots=True)
class SagaStart(Generic[S]):
    """A saga to begin: the id of what it is about, that itself, and what led to it."""

    saga_id: UUID
    subject: S
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class SagaTransition(Generic[S, C]):
    """One move of one saga, with what it is about and what caused it, if anything did."""

    saga_id: UUID
    before: Position | None
    after: Position
    command: C | None
    subject: S
    cause: Cause | None


class SagaStore(Protocol[S, C]):
    """What the sagas of one name are about; the service that has them implements it."""

    select: str
    """Reads subjects: a SELECT without a lock, with a column `saga_id`, for the ids in `$1`."""

    is_lasting: bool = False
    """Whether commands are made only from what stays as it is while a saga runs.

    Then a subject is kept in memory with its saga, and not read again for each move.
    """

    def read(self, row: asyncpg.Record) -> S:
        """Make a subject of a row of `select`."""

    async def apply_transitions(
        self, tx: Transaction, moves: Sequence[SagaTransition[S, C]]
    ) -> None:
        """Follow the moves with the service's own state and events, and send their commands."""


async def load(
    tx: Transaction, subjects: SagaStore[Any, Any], saga_ids: Sequence[UUID]
) -> dict[UUID, Any]:
    """Read what sagas are about."""
    rows = await tx.fetch_outside(subjects.select, list(saga_ids))
    return {row["saga_id"]: subjects.read(row) for row in rows}
