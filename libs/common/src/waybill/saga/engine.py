"""The sagas of one service, kept in its database.

Every transition is written to the history in the transaction that processes its cause; the command
goes out through the outbox of that transaction. The transitions of a saga are numbered, so of two
transactions that move it on from the same position one fails, and starts again. Timers and requests
lock the saga first. A whole batch is processed at once: the number of statements does not grow
with the batch.

Where a saga stands is remembered by the process that moved it last, and not read again in an
optimistic transaction, as long as the events move it on from there. One that would not may have
come too early for what is remembered, and nothing would be claimed: so then the row is read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import BaseModel

from waybill.clock import Clock
from waybill.events import Event
from waybill.postgres import Transaction
from waybill.saga import rows
from waybill.saga.advance import Signal, advance, begin
from waybill.saga.definition import C, S, Saga
from waybill.saga.memory import Memory
from waybill.saga.rows import Change, Row, hear
from waybill.saga.subjects import SagaStart, SagaStore, SagaTransition, load


@dataclass(frozen=True, slots=True)
class _Kind:
    """The sagas of one name."""

    subjects: SagaStore[Any, Any]
    newest: Saga[Any, Any]
    look: str
    answers: tuple[type[BaseModel], ...]


class Sagas:
    """Starts sagas, and moves each by the definition that it began with."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kinds: dict[str, _Kind] = {}
        self._definitions: dict[tuple[str, int], Saga[Any, Any]] = {}
        self._memory = Memory()

    def add(self, subjects: SagaStore[S, C], *versions: Saga[S, C]) -> None:
        """Know a saga by all of its versions that may be under way.

        Raises ValueError when there are none, when they differ in name or two are of one version,
        and when the name is another saga's.
        """
        names = {saga.name for saga in versions}
        if len(names) != 1:
            raise ValueError(f"a saga has versions, all of one name, not {sorted(names)}")
        [name] = names
        if name in self._kinds:
            raise ValueError(f"there are two sagas {name}: give the second one another name")
        known = {(name, saga.version): saga for saga in versions}
        if len(known) < len(versions):
            raise ValueError(f"saga {name}: two definitions are of one version")
        answers = {answer for saga in versions for answer in saga.answers}
        newest = max(versions, key=lambda saga: saga.version)
        look = rows.look_with(subjects.select)
        self._kinds[name] = _Kind(subjects, newest, look, tuple(answers))
        self._definitions |= known

    async def start(self, tx: Transaction, name: str, begun: Sequence[SagaStart[Any]]) -> None:
        """Begin sagas of this name by its newest definition, and send their first commands.

        Raises LookupError when there is no saga of this name.
        """
        kind = self._kind(name)
        saga = kind.newest
        move = begin(saga)
        await rows.insert(tx, saga, [each.saga_id for each in begun], move, self._clock.now())
        command = move.command
        moves = [
            SagaTransition(
                each.saga_id,
                None,
                move.position,
                command(each.subject) if command else None,
                each.subject,
                each.cause,
            )
            for each in begun
        ]
        await kind.subjects.apply_transitions(tx, moves)

    def receive(self, tx: Transaction, events: Sequence[Event[Any]]) -> None:
        """Move the sagas that wait for these events; the events' key is the saga's id.

        It is done at the end of the transaction, for the events of all types together.
        """
        tx.defer(self._receive, events)

    async def _receive(self, tx: Transaction, events: Sequence[Event[Any]]) -> None:
        by_saga: dict[UUID, list[Event[Any]]] = {}
        for event in events:
            by_saga.setdefault(UUID(event.key), []).append(event)
        remembered = self._memory.take(by_saga)
        found = {
            saga_id: row
            for saga_id, row in remembered.items()
            if tx.optimistic and _moves_with_each(row, by_saga[saga_id])
        }
        found |= await self._look(
            tx, {each: heard for each, heard in by_saga.items() if each not in found}
        )
        changes = (
            hear(row, event.data, event.type, event)
            for event in events
            if (row := found.get(UUID(event.key)))
        )
        await self._apply(tx, [change for change in changes if change])

    async def _look(
        self, tx: Transaction, by_saga: dict[UUID, list[Event[Any]]]
    ) -> dict[UUID, Row]:
        """Read sagas, with what they are about where the first event tells which ones they are."""
        guessed: dict[str, list[UUID]] = {}
        for saga_id, events in by_saga.items():
            guessed.setdefault(self._guess(events[0].data), []).append(saga_id)
        found: dict[UUID, Row] = {}
        for name, saga_ids in guessed.items():
            kind = self._kinds[name]
            for record in await tx.fetch_outside(kind.look, saga_ids):
                row = self._row(record)
                if row.saga.name == name and record["saga_id"] is not None:
                    row.subject = kind.subjects.read(record)
                found[row.saga_id] = row
        return found

    def _guess(self, heard: BaseModel) -> str:
        for name, kind in self._kinds.items():
            if isinstance(heard, kind.answers):
                return name
        return next(iter(self._kinds))

    async def cancel(self, tx: Transaction, saga_id: UUID) -> bool:
        """Turn a saga back; False when it is already going back, or undone."""
        return bool(await self._signal(tx, Signal.CANCEL, await tx.fetch(rows.LOCK, [saga_id])))

    async def take_due(self, tx: Transaction, now: datetime, limit: int) -> int:
        """Move the sagas whose deadline has passed; a timer's `take`."""
        due = await tx.fetch(rows.LOCK_DUE, now, limit)
        await self._signal(tx, Signal.DEADLINE, due)
        return len(due)

    async def _signal(
        self, tx: Transaction, signal: Signal, locked: Iterable[asyncpg.Record]
    ) -> list[Change]:
        found = [hear(self._row(record), signal, signal.value) for record in locked]
        changes = [change for change in found if change]
        self._memory.take(change.row.saga_id for change in changes)
        await self._apply(tx, changes)
        return changes

    def _row(self, record: asyncpg.Record) -> Row:
        return Row(
            record["saga"],
            self._definition(record["saga_definition"], record["saga_version"]),
            rows.position_of(record),
            record["saga_transitions"],
        )

    async def _apply(self, tx: Transaction, changes: Sequence[Change]) -> None:
        if not changes:
            return
        by_name: dict[str, list[Change]] = {}
        for change in changes:
            by_name.setdefault(change.row.saga.name, []).append(change)
        for name, ours in by_name.items():
            await _find_subjects(tx, self._kinds[name].subjects, [change.row for change in ours])
        await rows.update(tx, changes, self._clock.now())
        for name, ours in by_name.items():
            subjects = self._kinds[name].subjects
            await subjects.apply_transitions(tx, [change.apply_transitions() for change in ours])
            moved = {change.row.saga_id: change.row for change in ours}
            stand = [row.copy(with_subject=subjects.is_lasting) for row in moved.values()]
            tx.after_commit(partial(self._memory.put, stand))

    def _kind(self, name: str) -> _Kind:
        try:
            return self._kinds[name]
        except KeyError:
            known = ", ".join(self._kinds)
            raise LookupError(f"there is no saga {name} here, only: {known or 'none'}") from None

    def _definition(self, name: str, version: int) -> Saga[Any, Any]:
        try:
            return self._definitions[name, version]
        except KeyError:
            raise LookupError(
                f"a saga {name} of version {version} is under way, but its definition is gone: "
                "keep a definition until its last saga has ended"
            ) from None


async def _find_subjects(
    tx: Transaction, subjects: SagaStore[Any, Any], moved: Sequence[Row]
) -> None:
    unknown = {row.saga_id: row for row in moved if row.subject is None}
    if unknown:
        for saga_id, subject in (await load(tx, subjects, list(unknown))).items():
            unknown[saga_id].subject = subject


def _moves_with_each(row: Row, events: Sequence[Event[Any]]) -> bool:
    position = row.position
    for event in events:
        move = advance(row.saga, position, event.data)
        if move is None:
            return False
        position = move.position
    return True
