"""The definition of a saga: its steps and their compensations."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

S = TypeVar("S")
"""The subject of the saga, such as an order; its commands are made from it."""
C = TypeVar("C", bound=BaseModel)
"""The commands it sends."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a saga was compensated."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compensation(Generic[S, C]):
    """How a step is compensated, whether it was done, partly done or not done.

    The command is sent again every `deadline` until one of the `done` events arrives, so its
    receiver must answer each time.
    """

    command: Callable[[S], C]
    done: tuple[type[BaseModel], ...]
    deadline: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[S, C]):
    """One step: the command to send, and the event that reports it done.

    The event `refused`, or the deadline, starts the compensation. Without `refused` the step cannot
    be refused: its command is sent again every `deadline` until it is done.

    `check` compares the event `done` with the subject. It raises PermanentError when the event does
    not report what the command asked for: then the event becomes a dead letter.
    """

    name: str
    command: Callable[[S], C]
    done: type[BaseModel]
    deadline: timedelta
    refused: type[BaseModel] | None = None
    reason: Callable[[Any], Reason] | None = None
    compensation: Compensation[S, C] | None = None
    check: Callable[[S, Any], None] | None = None

    def __post_init__(self) -> None:
        """Raise ValueError when a refusal has no reason."""
        if (self.refused is None) != (self.reason is None):
            raise ValueError(f"step {self.name}: `refused` and `reason` go together")


@dataclass(frozen=True, slots=True)
class Saga(Generic[S, C]):
    """A saga. A running saga keeps the version it started with: change steps in a new version."""

    name: str
    version: int
    steps: tuple[Step[S, C], ...]

    def __post_init__(self) -> None:
        """Raise ValueError when there are no steps, or two of one name."""
        names = [step.name for step in self.steps]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"saga {self.name}: it needs steps, each with a name of its own")

    @property
    def answers(self) -> frozenset[type[BaseModel]]:
        """The events that can move it."""
        found: set[type[BaseModel]] = set()
        for step in self.steps:
            found.add(step.done)
            if step.refused is not None:
                found.add(step.refused)
            if step.compensation is not None:
                found.update(step.compensation.done)
        return frozenset(found)
