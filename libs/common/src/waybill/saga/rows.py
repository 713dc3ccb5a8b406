"""The rows of sagas and of their histories: conversion between SQL and typed rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
from pydantic import BaseModel

from waybill.events import Event
from waybill.postgres import Transaction
from waybill.postgres.rows import Rows
from waybill.saga.advance import Direction, Move, Position, Signal, advance
from waybill.saga.definition import Reason, Saga
from waybill.saga.step_spans import SagaTrace
from waybill.saga.subjects import SagaStart, SagaTransition
from waybill.trace import TraceContext


class _MovedRow(NamedTuple):
    """A saga's position; `transitions` counts its moves, `before` those before this update."""

    saga_id: UUID
    direction: Direction
    position: int
    reason_code: str | None
    reason_detail: str | None
    transitions: int
    deadline_at: datetime | None
    before: int


class _HistoryRow(NamedTuple):
    """One transition of a saga."""

    saga_id: UUID
    number: int
    state: str
    detail: str
    event_id: UUID | None
    actor: str | None


class _StartedRow(NamedTuple):
    """What differs between sagas that are started together."""

    saga_id: UUID
    traceparent: str | None


_STARTED: Final = Rows(_StartedRow)
_MOVED: Final = Rows(_MovedRow)
_HISTORY: Final = Rows(_HistoryRow)

_SELECT: Final = """
    select sagas.saga_id as saga, sagas.definition as saga_definition,
        sagas.version as saga_version, sagas.direction as saga_direction,
        sagas.position as saga_position, sagas.reason_code as saga_reason_code,
        sagas.reason_detail as saga_reason_detail, sagas.transitions as saga_transitions,
        sagas.updated_at as saga_updated_at, sagas.traceparent as saga_traceparent
"""
"""The prefix avoids conflicts with the columns of a subject."""
LOCK: Final = _SELECT + "from sagas where saga_id = any($1) order by saga_id for update"
LOCK_DUE: Final = (
    _SELECT
    + """
    from sagas where deadline_at <= $1 order by deadline_at limit $2 for update skip locked
"""
)
_START: Final = _STARTED.write("""
    insert into sagas ({columns}, definition, version, direction, position, transitions,
        deadline_at, updated_at)
    select {columns}, $1, $2, $3, $4, 1, $5, $6 from {rows} as started ({columns})
""")
_APPEND: Final = _HISTORY.write("""
    insert into saga_transitions ({columns}, at)
    select {columns}, $1 from {rows} as moved ({columns})
""")
_MOVE: Final = _MOVED.write("""
    update sagas
    set direction = case when sagas.transitions = m.before then m.direction end,
        position = m.position, reason_code = m.reason_code, reason_detail = m.reason_detail,
        transitions = m.transitions, deadline_at = m.deadline_at, updated_at = $1
    from {rows} as m ({columns})
    where sagas.saga_id = m.saga_id
""")


def select_with(select: str) -> str:
    """Return the statement that reads sagas together with their subjects, if they exist."""
    return f"""
        with subject as ({select})
        {_SELECT}, subject.*
        from sagas left join subject using (saga_id)
        where sagas.saga_id = any($1)
    """


@dataclass(slots=True)
class Row:
    """A saga as it was read, then as the events of one batch have moved it.

    `subject` is None until it is read.
    """

    saga_id: UUID
    saga: Saga[Any, Any]
    position: Position
    transitions: int
    since: datetime
    """When it got there."""
    trace: SagaTrace
    subject: Any = None

    def copy(self, *, with_subject: bool) -> "Row":
        """Return a copy of the current state."""
        return replace(self) if with_subject else replace(self, subject=None)


@dataclass(frozen=True, slots=True)
class Change:
    """One transition of a saga, and its cause."""

    row: Row
    before: Position
    move: Move[Any, Any]
    number: int
    detail: str
    actor: str | None
    cause: Event[Any] | None
    since: datetime
    """When the step that it ends began."""

    def check(self) -> None:
        """Compare the event that reports a step done with the subject. Raises PermanentError."""
        if self.cause is None or self.before.direction != "forward":
            return
        step = self.row.saga.steps[self.before.index]
        if step.check is not None and isinstance(self.cause.data, step.done):
            step.check(self.row.subject, self.cause.data)

    def transition(self) -> SagaTransition[Any, Any]:
        """Return the transition for the service."""
        row, make = self.row, self.move.command
        command = make(row.subject) if make else None
        cause = row.trace.cause(self.number, self.cause, self.actor)
        return SagaTransition(
            row.saga_id, self.before, self.move.position, command, row.subject, cause
        )

    def record(self, links: Sequence[TraceContext]) -> None:
        """Record the span of the step that it ends."""
        row = self.row
        state = state_of(row.saga, self.before)
        row.trace.record(
            self.number - 1, state, began=self.since, ended_by=self.detail, links=links
        )


def position_of(record: asyncpg.Record) -> Position:
    """Return the position that a record holds."""
    code = record["saga_reason_code"]
    reason = Reason(code, record["saga_reason_detail"]) if code else None
    return Position(record["saga_direction"], record["saga_position"], reason)


def receive(row: Row, event: Event[Any], now: datetime) -> Change | None:
    """Move a saga by an event; None when it does not change the saga."""
    return _apply(row, event.data, event.type, event.actor, event, now=now)


def signal(row: Row, what: Signal, actor: str | None, now: datetime) -> Change | None:
    """Move a saga by a signal; None when it does not change the saga."""
    return _apply(row, what, what.value, actor, None, now=now)


def _apply(
    row: Row,
    trigger: BaseModel | Signal,
    detail: str,
    actor: str | None,
    cause: Event[Any] | None,
    *,
    now: datetime,
) -> Change | None:
    move = advance(row.saga, row.position, trigger)
    if move is None:
        return None
    before, row.position = row.position, move.position
    since, row.since = row.since, now
    row.transitions += 1
    return Change(row, before, move, row.transitions, detail, actor, cause, since)


async def insert(
    tx: Transaction,
    saga: Saga[Any, Any],
    starts: Sequence[tuple[SagaStart[Any], SagaTrace]],
    move: Move[Any, Any],
    now: datetime,
) -> None:
    """Insert sagas that start with `move`."""
    at = move.position
    rows = [_StartedRow(each.saga_id, its.traceparent) for each, its in starts]
    deadline_at = now + move.deadline if move.deadline else None
    await tx.enqueue(
        *_START.bind(rows, saga.name, saga.version, at.direction, at.index, deadline_at, now)
    )
    started = [
        _HistoryRow(
            saga_id=each.saga_id,
            number=1,
            state=state_of(saga, at),
            detail="started",
            event_id=None,
            actor=each.cause.actor if each.cause else tx.actor,
        )
        for each, _ in starts
    ]
    await tx.enqueue(*_APPEND.bind(started, now))


async def update(tx: Transaction, changes: Sequence[Change], now: datetime) -> None:
    """Write the positions of sagas, and append their histories.

    Raises ConcurrencyConflictError when a concurrent transaction has moved one of them.
    """
    latest = {change.row.saga_id: change for change in changes}
    before: dict[UUID, int] = {}
    for change in changes:
        before.setdefault(change.row.saga_id, change.number - 1)
    moved = [_moved(change, before[saga_id], now) for saga_id, change in latest.items()]
    await tx.enqueue(*_MOVE.bind(moved, now), guards="sagas.direction")
    history = [
        _HistoryRow(
            saga_id=change.row.saga_id,
            number=change.number,
            state=state_of(change.row.saga, change.move.position),
            detail=change.detail,
            event_id=change.cause.id if change.cause else None,
            actor=change.actor,
        )
        for change in changes
    ]
    await tx.enqueue(*_APPEND.bind(history, now), claims="saga_transitions_pkey")


def _moved(change: Change, before: int, now: datetime) -> _MovedRow:
    position, deadline = change.move.position, change.move.deadline
    return _MovedRow(
        saga_id=change.row.saga_id,
        direction=position.direction,
        position=position.index,
        reason_code=position.reason.code if position.reason else None,
        reason_detail=position.reason.detail if position.reason else None,
        transitions=change.number,
        deadline_at=now + deadline if deadline else None,
        before=before,
    )


def state_of(saga: Saga[Any, Any], position: Position) -> str:
    """Return the name of a position in the history."""
    match position.direction:
        case "forward":
            return saga.steps[position.index].name
        case "compensating":
            return f"compensate {saga.steps[position.index].name}"
        case "completed" | "compensated":
            return position.direction
