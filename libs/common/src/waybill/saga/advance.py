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

Direction: TypeAlias = Literal["forward", "compensating", "completed", "compensated"]


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
        return self.direction in ("completed", "compensated")


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
        case "compensating":
            return _advance_compensating(saga, at, heard)
        case "completed":
            last = len(saga.steps) - 1
            return _compensate(saga, last, CANCELLED) if heard is Signal.CANCEL else None
        case "compensated":
            return None


def _advance_forward(
    saga: Saga[S, C], at: Position, heard: BaseModel | Signal
) -> Move[S, C] | None:
    step = saga.steps[at.index]
    if heard is Signal.CANCEL:
        return _compensate(saga, at.index, CANCELLED)
    if heard is Signal.DEADLINE:
        # Whether the step was done is not known, so it is undone as well.
        return (
            _forward(saga, at.index)
            if step.refused is None
            else _compensate(saga, at.index, TIMED_OUT)
        )
    if isinstance(heard, step.done):
        return _forward(saga, at.index + 1)
    if step.refused is not None and step.reason is not None and isinstance(heard, step.refused):
        return _compensate(saga, at.index - 1, step.reason(heard))
    return None


def _advance_compensating(
    saga: Saga[S, C], at: Position, heard: BaseModel | Signal
) -> Move[S, C] | None:
    compensation = saga.steps[at.index].compensation
    if heard is Signal.DEADLINE:
        return _compensate(saga, at.index, at.reason)
    if compensation is not None and isinstance(heard, compensation.done):
        return _compensate(saga, at.index - 1, at.reason)
    return None


def _forward(saga: Saga[S, C], index: int) -> Move[S, C]:
    if index == len(saga.steps):
        return Move(Position("completed", index))
    step = saga.steps[index]
    return Move(Position("forward", index), step.command, step.deadline)


def _compensate(saga: Saga[S, C], index: int, reason: Reason | None) -> Move[S, C]:
    """Undo the step at `index`, or the nearest one before it that has something to compensation."""
    for i in range(index, -1, -1):
        compensation = saga.steps[i].compensation
        if compensation is not None:
            return Move(
                Position("compensating", i, reason), compensation.command, compensation.deadline
            )
    return Move(Position("compensated", 0, reason))
