"""The sagas of one service, stored in its database.

Every transition is written to the history in the transaction that processes its cause. The command
is sent through the outbox of that transaction. The transitions of a saga are numbered, so when two
transactions move it from the same position, one of them fails and is retried. Timers and requests
lock the saga first. A whole batch is processed at once: the number of statements does not grow
with the batch.

The process that moved a saga last caches its position, and does not read it again in an optimistic
transaction, as long as the events move it on from there. The first position comes from the process
that has started it (see `started`). An event that does not move it may have
arrived before the cached position is current, and no transition number would detect that: then the
row is read.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg

from waybill import spans, trace
from waybill.clock import Clock
from waybill.events import Event
from waybill.postgres import Transaction
from waybill.saga import rows
from waybill.saga.advance import Move, Signal, advance, begin
from waybill.saga.definition import C, S, Saga
from waybill.saga.measuring import count, count_started
from waybill.saga.memory import Memory
from waybill.saga.registry import SagaKind, SagaRegistry
from waybill.saga.rows import Change, Row
from waybill.saga.started import StartedSaga, StartedSagas
from waybill.saga.step_spans import FIRST, SagaTrace
from waybill.saga.subjects import SagaStart, SagaStore, SagaTransition, load
from waybill.trace import TraceContext


class Sagas:
    """Starts sagas, and moves each by the definition that it started with."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._registry = SagaRegistry()
        self._memory = Memory()
        self.started = StartedSagas(self._registry, self._memory)

    def add(self, subjects: SagaStore[S, C], *versions: Saga[S, C]) -> None:
        """Add all versions of a saga that may be running.

        Raises ValueError when there are none, when their names differ, when two have the same
        version, and when the name is in use.
        """
        self._registry.add(subjects, *versions)

    async def start(self, tx: Transaction, name: str, starts: Sequence[SagaStart[Any]]) -> None:
        """Start sagas of this name by its newest definition, and send their first commands.

        Raises LookupError when there is no saga of this name.
        """
        kind = self._registry.kind(name)
        saga = kind.newest
        move = begin(saga)
        traced = [(each, _trace_of(each)) for each in starts]
        now = self._clock.now()
        await rows.insert(tx, saga, traced, move, now)
        tx.after_commit(partial(count_started, saga, move.position, len(starts)))
        self.started.committed_by(tx, [_started(kind, move, each, now) for each in traced])
        command = move.command
        moves = [
            SagaTransition(
                each.saga_id,
                None,
                move.position,
                command(each.subject) if command else None,
                each.subject,
                its.cause(FIRST, each.cause, tx.actor),
            )
            for each, its in traced
        ]
        await kind.subjects.apply_transitions(tx, moves)

    def receive(self, tx: Transaction, events: Sequence[Event[Any]]) -> None:
        """Move the sagas that wait for these events. The key of an event is the saga's id.

        Runs at the end of the transaction, once for the events of all types.
        """
        tx.defer(self._receive, events)

    async def _receive(self, tx: Transaction, events: Sequence[Event[Any]]) -> None:
        by_saga: dict[UUID, list[Event[Any]]] = {}
        for event in events:
            by_saga.setdefault(UUID(event.key), []).append(event)
        cached = self._memory.take(by_saga)
        found = {
            saga_id: row
            for saga_id, row in cached.items()
            if tx.optimistic and _moves_with_each(row, by_saga[saga_id])
        }
        found |= await self._read(
            tx, {each: received for each, received in by_saga.items() if each not in found}
        )
        now = self._clock.now()
        changes = (
            rows.receive(row, event, now) for event in events if (row := found.get(UUID(event.key)))
        )
        await self._apply(tx, [change for change in changes if change])

    async def _read(
        self, tx: Transaction, by_saga: dict[UUID, list[Event[Any]]]
    ) -> dict[UUID, Row]:
        """Read sagas, with their subjects where the name guessed from the first event is right."""
        guessed: dict[str, list[UUID]] = {}
        for saga_id, events in by_saga.items():
            guessed.setdefault(self._registry.waiting_for(events[0].data), []).append(saga_id)
        found: dict[UUID, Row] = {}
        for name, saga_ids in guessed.items():
            kind = self._registry.kind(name)
            for record in await tx.fetch_outside(kind.select, saga_ids):
                row = self._row(record)
                if row.saga.name == name and record["saga_id"] is not None:
                    row.subject = kind.subjects.read(record)
                found[row.saga_id] = row
        return found

    async def cancel(self, tx: Transaction, saga_id: UUID) -> bool:
        """Compensate a saga; False when it is already compensating or compensated.

        The actor of the transaction is the one who cancels.
        """
        return bool(await self._signal(tx, Signal.CANCEL, await tx.fetch(rows.LOCK, [saga_id])))

    async def take_due(self, tx: Transaction, now: datetime, limit: int) -> int:
        """Move the sagas whose deadline has passed: the `take` of a timer."""
        due = await tx.fetch(rows.LOCK_DUE, now, limit)
        await self._signal(tx, Signal.DEADLINE, due)
        return len(due)

    async def _signal(
        self, tx: Transaction, signal: Signal, locked: Iterable[asyncpg.Record]
    ) -> list[Change]:
        now = self._clock.now()
        found = [rows.signal(self._row(record), signal, tx.actor, now) for record in locked]
        changes = [change for change in found if change]
        self._memory.take(change.row.saga_id for change in changes)
        await self._apply(tx, changes)
        return changes

    def _row(self, record: asyncpg.Record) -> Row:
        return Row(
            record["saga"],
            self._registry.definition(record["saga_definition"], record["saga_version"]),
            rows.position_of(record),
            record["saga_transitions"],
            record["saga_updated_at"],
            SagaTrace(record["saga"], record["saga_traceparent"]),
        )

    async def _apply(self, tx: Transaction, changes: Sequence[Change]) -> None:
        if not changes:
            return
        by_name: dict[str, list[Change]] = {}
        for change in changes:
            by_name.setdefault(change.row.saga.name, []).append(change)
        for name, ours in by_name.items():
            await _find_subjects(
                tx, self._registry.kind(name).subjects, [change.row for change in ours]
            )
        for change in changes:
            change.check()
        await rows.update(tx, changes, self._clock.now())
        for name, ours in by_name.items():
            subjects = self._registry.kind(name).subjects
            await subjects.apply_transitions(tx, [change.transition() for change in ours])
            moved = {change.row.saga_id: change.row for change in ours}
            current = [row.copy(with_subject=subjects.is_lasting) for row in moved.values()]
            tx.after_commit(partial(self._memory.put, current))
        tx.after_commit(partial(count, changes))
        if spans.active() is not None:
            tx.after_commit(partial(_record, changes, spans.parents()))


def _trace_of(start: SagaStart[Any]) -> SagaTrace:
    traceparent = start.cause.traceparent if start.cause else trace.current_traceparent()
    return SagaTrace(start.saga_id, traceparent)


def _started(
    kind: SagaKind, move: Move[Any, Any], traced: tuple[SagaStart[Any], SagaTrace], now: datetime
) -> StartedSaga:
    start, its = traced
    return StartedSaga(
        start.saga_id,
        kind.newest.name,
        kind.newest.version,
        move.position,
        now,
        its.traceparent,
        kind.subjects.cached(start.subject) if kind.subjects.is_lasting else None,
    )


def _record(changes: Sequence[Change], signalled_by: Sequence[TraceContext]) -> None:
    for change in changes:
        change.record(signalled_by if change.cause is None else ())


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
