"""How a saga moves: from its position and an event or signal, to the next position and command.

Pure functions. A duplicate, late or out-of-order event moves nothing.
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
    """What moves a saga other than the events it waits for."""

    DEADLINE = "no answer in time"
    CANCEL = "cancelled"


TIMED_OUT = Reason("timed_out", "no answer in time")
CANCELLED = Reason("cancelled", "cancelled on request")


@dataclass(frozen=True, slots=True)
class Position:
    """A saga waits for the answer to step `index` or to its compensation, or has ended."""

    direction: Direction
    index: int
    reason: Reason | None = None

    @property
    def ended(self) -> bool:
        """Whether the saga has ended: only a cancellation can still move it."""
        return self.direction in ("completed", "compensated")


@dataclass(frozen=True, slots=True)
class Move(Generic[S, C]):
    """One transition, the command to send for it, and the deadline of the answer."""

    position: Position
    command: Callable[[S], C] | None = None
    deadline: timedelta | None = None


def begin(saga: Saga[S, C]) -> Move[S, C]:
    """Return the move to the first step."""
    return _forward(saga, 0)


def advance(saga: Saga[S, C], at: Position, trigger: BaseModel | Signal) -> Move[S, C] | None:
    """Return the move that `trigger` causes, or None when it changes nothing."""
    match at.direction:
        case "forward":
            return _advance_forward(saga, at, trigger)
        case "compensating":
            return _advance_compensating(saga, at, trigger)
        case "completed":
            last = len(saga.steps) - 1
            return _compensate(saga, last, CANCELLED) if trigger is Signal.CANCEL else None
        case "compensated":
            return None


def _advance_forward(
    saga: Saga[S, C], at: Position, trigger: BaseModel | Signal
) -> Move[S, C] | None:
    step = saga.steps[at.index]
    if trigger is Signal.CANCEL:
        return _compensate(saga, at.index, CANCELLED)
    if trigger is Signal.DEADLINE:
        # It is unknown whether the step was done, so it is compensated as well.
        return (
            _forward(saga, at.index)
            if step.refused is None
            else _compensate(saga, at.index, TIMED_OUT)
        )
    if isinstance(trigger, step.done):
        return _forward(saga, at.index + 1)
    if step.refused is not None and step.reason is not None and isinstance(trigger, step.refused):
        return _compensate(saga, at.index - 1, step.reason(trigger))
    return None


def _advance_compensating(
    saga: Saga[S, C], at: Position, trigger: BaseModel | Signal
) -> Move[S, C] | None:
    compensation = saga.steps[at.index].compensation
    if trigger is Signal.DEADLINE:
        return _compensate(saga, at.index, at.reason)
    if compensation is not None and isinstance(trigger, compensation.done):
        return _compensate(saga, at.index - 1, at.reason)
    return None


def _forward(saga: Saga[S, C], index: int) -> Move[S, C]:
    if index == len(saga.steps):
        return Move(Position("completed", index))
    step = saga.steps[index]
    return Move(Position("forward", index), step.command, step.deadline)


def _compensate(saga: Saga[S, C], index: int, reason: Reason | None) -> Move[S, C]:
    """Compensate the step at `index`, or the nearest earlier one that has a compensation."""
    for i in range(index, -1, -1):
        compensation = saga.steps[i].compensation
        if compensation is not None:
            return Move(
                Position("compensating", i, reason), compensation.command, compensation.deadline
            )
    return Move(Position("compensated", 0, reason))
