"""The sagas of one service, kept in its database.

Every transition is written to the history in the transaction that processes its cause; the command
goes out through the outbox of that transaction. The transitions of a saga are numbered, so of two
transactions that move it on from the same position one fails, and starts again. Timers and requests
lock the saga first. A whole batch is processed at once: the number of statements does not grow
with the batch.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, Protocol
from uuid import UUID

import asyncpg
from pydantic import BaseModel

from waybill.clock import Clock
from waybill.events import Cause, Event
from waybill.postgres.database import Transaction
from waybill.saga.advance import Move, Position, Signal, advance, begin
from waybill.saga.definition import C, Reason, S, Saga
from waybill.saga.rows import MOVE, MOVED, TELL, TOLD, MovedRow, ToldRow

_LOOK: Final = """
    select saga_id, definition, version, direction, position,
        reason_code, reason_detail, transitions
    from sagas where saga_id = any($1)
"""
_LOCK: Final = _LOOK + "order by saga_id for update"
_LOCK_DUE: Final = """
    select saga_id, definition, version, direction, position,
        reason_code, reason_detail, transitions
    from sagas where deadline_at <= $1 order by deadline_at limit $2 for update skip locked
"""
_START: Final = """
    insert into sagas (saga_id, definition, version, direction, position, transitions,
        deadline_at, updated_at)
    select saga_id, $2, $3, $4, $5, 1, $6, $7 from unnest($1::uuid[]) as begun (saga_id)
"""


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
    """What the engine needs of the service whose sagas it moves."""

    async def load(self, tx: Transaction, saga_ids: Sequence[UUID]) -> Mapping[UUID, S]:
        """Read what the sagas are about, without a lock (`tx.fetch_outside`)."""

    async def apply_transitions(
        self, tx: Transaction, moves: Sequence[SagaTransition[S, C]]
    ) -> None:
        """Follow the moves with the service's own state and events, and send their commands."""


@dataclass(slots=True)
class _Row(Generic[S, C]):
    """A row as it was read; it changes as events of one batch move it on."""

    saga_id: UUID
    saga: Saga[S, C]
    position: Position
    transitions: int


@dataclass(frozen=True, slots=True)
class _Change(Generic[S, C]):
    row: _Row[S, C]
    before: Position
    move: Move[S, C]
    number: int
    detail: str
    cause: Event[Any] | None


class Sagas(Generic[S, C]):
    """Starts sagas by the newest definition and moves each by the one that it began with."""

    def __init__(
        self, definitions: Iterable[Saga[S, C]], subjects: SagaStore[S, C], clock: Clock
    ) -> None:
        by_version = sorted(definitions, key=lambda saga: saga.version)
        self._newest = by_version[-1]
        self._definitions = {(saga.name, saga.version): saga for saga in by_version}
        self._store = subjects
        self._clock = clock

    async def start(self, tx: Transaction, begun: Sequence[SagaStart[S]]) -> None:
        """Begin sagas and send their first commands."""
        saga, move, now = self._newest, begin(self._newest), self._clock.now()
        at = move.position
        saga_ids = [each.saga_id for each in begun]
        deadline_at = now + move.deadline if move.deadline else None
        await tx.enqueue(
            _START, saga_ids, saga.name, saga.version, at.direction, at.index, deadline_at, now
        )
        told = [ToldRow(saga_id, 1, _state(saga, at), "started", None) for saga_id in saga_ids]
        await tx.enqueue(TELL, now, *TOLD.arrays(told))
        command = move.command
        moves = [
            SagaTransition(
                each.saga_id,
                None,
                at,
                command(each.subject) if command else None,
                each.subject,
                each.cause,
            )
            for each in begun
        ]
        await self._store.apply_transitions(tx, moves)

    def receive(self, tx: Transaction, events: Sequence[Event[Any]]) -> None:
        """Move the sagas that wait for these events; the events' key is the saga's id.

        It is done at the end of the transaction, for the events of all types together.
        """
        tx.defer(self._receive, events)

    async def _receive(self, tx: Transaction, events: Sequence[Event[Any]]) -> None:
        found = await tx.fetch_outside(_LOOK, list({UUID(event.key) for event in events}))
        by_id = {row.saga_id: row for row in map(self._row, found)}
        changes: list[_Change[S, C]] = []
        for event in events:
            row = by_id.get(UUID(event.key))
            change = _hear(row, event.data, event.type, event) if row else None
            if change:
                changes.append(change)
        await self._apply(tx, changes)

    async def cancel(self, tx: Transaction, saga_id: UUID) -> bool:
        """Turn a saga back; False when it is already going back, or undone."""
        rows = list(map(self._row, await tx.fetch(_LOCK, [saga_id])))
        changes = [_hear(row, Signal.CANCEL, Signal.CANCEL.value, None) for row in rows]
        applied = [change for change in changes if change]
        await self._apply(tx, applied)
        return bool(applied)

    async def take_due(self, tx: Transaction, now: datetime, limit: int) -> int:
        """Move the sagas whose deadline has passed; a timer's `take`."""
        rows = list(map(self._row, await tx.fetch(_LOCK_DUE, now, limit)))
        changes = [_hear(row, Signal.DEADLINE, Signal.DEADLINE.value, None) for row in rows]
        await self._apply(tx, [change for change in changes if change])
        return len(rows)

    def _row(self, r: asyncpg.Record) -> _Row[S, C]:
        reason = Reason(r["reason_code"], r["reason_detail"]) if r["reason_code"] else None
        return _Row(
            r["saga_id"],
            self._definition(r["definition"], r["version"]),
            Position(r["direction"], r["position"], reason),
            r["transitions"],
        )

    async def _apply(self, tx: Transaction, changes: Sequence[_Change[S, C]]) -> None:
        if not changes:
            return
        now = self._clock.now()
        subjects = await self._store.load(tx, [change.row.saga_id for change in changes])
        await _write(tx, changes, now)
        await self._store.apply_transitions(
            tx, [_moved(change, subjects[change.row.saga_id]) for change in changes]
        )

    def _definition(self, name: str, version: int) -> Saga[S, C]:
        try:
            return self._definitions[name, version]
        except KeyError:
            raise LookupError(
                f"a saga {name} of version {version} is under way, but its definition is gone: "
                "keep a definition until its last saga has ended"
            ) from None


async def _write(tx: Transaction, changes: Sequence[_Change[S, C]], now: datetime) -> None:
    """Write where the sagas stand now, and how they came there."""
    latest = {change.row.saga_id: change for change in changes}
    await tx.enqueue(MOVE, now, *MOVED.arrays([_moved_row(each, now) for each in latest.values()]))
    told = [
        ToldRow(
            saga_id=change.row.saga_id,
            number=change.number,
            state=_state(change.row.saga, change.move.position),
            detail=change.detail,
            event_id=change.cause.id if change.cause else None,
        )
        for change in changes
    ]
    await tx.enqueue(TELL, now, *TOLD.arrays(told), claims="saga_transitions_pkey")


def _moved_row(change: _Change[S, C], now: datetime) -> MovedRow:
    position, deadline = change.move.position, change.move.deadline
    return MovedRow(
        saga_id=change.row.saga_id,
        direction=position.direction,
        position=position.index,
        reason_code=position.reason.code if position.reason else None,
        reason_detail=position.reason.detail if position.reason else None,
        transitions=change.number,
        deadline_at=now + deadline if deadline else None,
    )


def _hear(
    row: _Row[S, C], heard: BaseModel | Signal, detail: str, cause: Event[Any] | None
) -> _Change[S, C] | None:
    move = advance(row.saga, row.position, heard)
    if move is None:
        return None
    before, row.position = row.position, move.position
    row.transitions += 1
    return _Change(row, before, move, row.transitions, detail, cause)


def _moved(change: _Change[S, C], subject: S) -> SagaTransition[S, C]:
    command = change.move.command(subject) if change.move.command else None
    return SagaTransition(
        change.row.saga_id, change.before, change.move.position, command, subject, change.cause
    )


def _state(saga: Saga[S, C], position: Position) -> str:
    match position.direction:
        case "forward":
            return saga.steps[position.index].name
        case "compensating":
            return f"compensate {saga.steps[position.index].name}"
        case "completed" | "compensated":
            return position.direction
