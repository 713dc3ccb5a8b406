"""How a saga moves: from where it stands and what was heard, to where it goes and what it sends.

Pure. What is heard twice, late or out of turn moves nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Generic, Literal, TypeAlias

from pydantic import BaseModel

from waybill.saga.definition import C, Reason, S, Saga

Direction: TypeAlias = Literal["forward", "backward", "completed", "undone"]


class Signal(Enum):
    """What moves a saga beside the events it waits for."""

    DEADLINE = "no answer in time"
    CANCEL = "cancelled"


TIMED_OUT = Reason("timed_out", "no answer in time")
CANCELLED = Reason("cancelled", "cancelled on request")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a saga stands: waiting for the answer of step `index`, or of its undoing, or ended."""

    direction: Direction
    index: int
    reason: Reason | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.direction in ("completed", "undone")


@dataclass(frozen=True, slots=True)
class Move(Generic[S, C]):
    """One transition, what to send for it, and how long to wait for the answer."""

    position: Position
    command: Callable[[S], C] | None = None
    deadline: timedelta | None = None


def begin(saga: Saga[S, C]) -> Move[S, C]:
    """Take the first step."""
    return _forward(saga, 0)


def advance(saga: Saga[S, C], at: Position, heard: BaseModel | Signal) -> Move[S, C] | None:
    """Return the move that `heard` causes, or None when it changes nothing."""
    match at.direction:
        case "forward":
            return _advance_forward(saga, at, heard)
        case "backward":
            return _advance_backward(saga, at, heard)
        case "completed":
            last = len(saga.steps) - 1
            return _backward(saga, last, CANCELLED) if heard is Signal.CANCEL else None
        case "undone":
            return None


def _advance_forward(
    saga: Saga[S, C], at: Position, heard: BaseModel | Signal
) -> Move[S, C] | None:
    step = saga.steps[at.index]
    if heard is Signal.CANCEL:
        return _backward(saga, at.index, CANCELLED)
    if heard is Signal.DEADLINE:
        # Whether the step was done is not known, so it is undone as well.
        return (
            _forward(saga, at.index)
            if step.refused is None
            else _backward(saga, at.index, TIMED_OUT)
        )
    if isinstance(heard, step.done):
        return _forward(saga, at.index + 1)
    if step.refused is not None and step.why is not None and isinstance(heard, step.refused):
        return _backward(saga, at.index - 1, step.why(heard))
    return None


def _advance_backward(
    saga: Saga[S, C], at: Position, heard: BaseModel | Signal
) -> Move[S, C] | None:
    undo = saga.steps[at.index].undo
    if heard is Signal.DEADLINE:
        return _backward(saga, at.index, at.reason)
    if undo is not None and isinstance(heard, undo.done):
        return _backward(saga, at.index - 1, at.reason)
    return None


def _forward(saga: Saga[S, C], index: int) -> Move[S, C]:
    if index == len(saga.steps):
        return Move(Position("completed", index))
    step = saga.steps[index]
    return Move(Position("forward", index), step.command, step.deadline)


def _backward(saga: Saga[S, C], index: int, reason: Reason | None) -> Move[S, C]:
    """Undo the step at `index`, or the nearest one before it that has something to undo."""
    for i in range(index, -1, -1):
        undo = saga.steps[i].undo
        if undo is not None:
            return Move(Position("backward", i, reason), undo.command, undo.deadline)
    return Move(Position("undone", 0, reason))
