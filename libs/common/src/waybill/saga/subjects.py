"""The interface between the engine and the service whose sagas it moves."""

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
    """A saga to start: the id of its subject, the subject, and the cause."""

    saga_id: UUID
    subject: S
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class SagaTransition(Generic[S, C]):
    """One transition of one saga, with its subject and its cause, if any."""

    saga_id: UUID
    before: Position | None
    after: Position
    command: C | None
    subject: S
    cause: Cause | None


class SagaStore(Protocol[S, C]):
    """The subjects of the sagas of one name; the service implements it."""

    select: str
    """A SELECT of subjects that locks nothing, with a column `saga_id`, for the ids in `$1`."""

    is_lasting: bool = False
    """Whether commands use only data that does not change while a saga runs.

    Then a subject is cached with its saga, and not read again for each move.
    """

    def read(self, row: asyncpg.Record) -> S:
        """Convert a row of `select` to a subject."""

    def cached(self, subject: S) -> S:
        """Return the subject of a saga that is started, as `read` would return it."""
        return subject

    async def apply_transitions(
        self, tx: Transaction, moves: Sequence[SagaTransition[S, C]]
    ) -> None:
        """Update the service's own state, send its events, and send the commands of the moves."""


async def load(
    tx: Transaction, subjects: SagaStore[Any, Any], saga_ids: Sequence[UUID]
) -> dict[UUID, Any]:
    """Read the subjects of sagas."""
    rows = await tx.fetch_outside(subjects.select, list(saga_ids))
    return {row["saga_id"]: subjects.read(row) for row in rows}
