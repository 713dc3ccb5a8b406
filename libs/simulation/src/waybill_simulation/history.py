"""Runs one history, from a scenario to its verdict."""

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from waybill_simulation.deployment import Deployment
from waybill_simulation.network import Message

QUIESCENT_WITHIN_SECONDS: Final = 400.0
"""The limit in virtual time for all work to finish; a history needs less than a quarter of it."""
CHECK_SECONDS: Final = 1.0


class Scenario(Protocol):
    """The initial conditions and the faults of a history, of either play."""

    @property
    def seed(self) -> int: ...

    def describe(self) -> dict[str, Any]:
        """Return it as JSON."""
        ...

    def smaller(self) -> "list[Any]":
        """Return smaller scenarios, the largest reduction first."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a history."""

    scenario: Scenario
    violations: tuple[str, ...]
    messages: tuple[Message, ...]
    seconds: float
    questions: int
    steps: int
    statuses: tuple[str, ...]


class History(Protocol):
    """One history: what runs in it, and how it is judged."""

    @property
    def scenario(self) -> Scenario: ...

    @property
    def world(self) -> Deployment: ...

    @property
    def late_seconds(self) -> float:
        """The time after which all delayed messages have arrived."""
        ...

    def begin(self) -> None:
        """Start the replicas and their clients."""

    def unfinished(self) -> Iterator[str]:
        """Yield what is unfinished; nothing when all work has finished."""
        ...

    def violations(self) -> list[str]:
        """Return the violations of the invariants."""
        ...

    def statuses(self) -> tuple[str, ...]:
        """Return how each order, or each authorization, has ended."""
        ...


class _Quiescence:
    """Checks at intervals whether all work has finished."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.is_reached = False
        history.world.network.deliver(CHECK_SECONDS, self._check)

    def _check(self) -> None:
        world = self._history.world
        if world.is_whole and next(self._history.unfinished(), None) is None:
            self.is_reached = True
        else:
            world.network.deliver(CHECK_SECONDS, self._check)


def run_history(begin: Callable[[], History]) -> Outcome:
    """Run a history to its end. The same scenario gives the same outcome.

    Raises NotSimulatedError when a service sends SQL that the simulated PostgreSQL does not know.
    """
    # The collector would close abandoned coroutines at a time that does not depend on the seed.
    # So the objects of a history are kept until its process ends.
    gc.disable()
    history = begin()
    world, network = history.world, history.world.network
    history.begin()
    quiescence = _Quiescence(history)
    has_finished = _run(world, lambda: quiescence.is_reached, until=QUIESCENT_WITHIN_SECONDS)
    if has_finished:
        world.faults.give_up()
        _run(world, lambda: False, until=network.loop.time() + history.late_seconds)
    stuck = [] if has_finished else sorted({f"stuck: {each}" for each in history.unfinished()})
    outcome = Outcome(
        history.scenario,
        tuple(dict.fromkeys((*history.violations(), *stuck))),
        tuple(network.messages),
        network.loop.time(),
        network.questions,
        network.loop.steps,
        history.statuses(),
    )
    network.loop.forget()
    return outcome


def _run(world: Deployment, is_done: Callable[[], bool], until: float) -> bool:
    loop = world.network.loop
    reached = loop.run(lambda: world.not_simulated is not None or is_done(), until)
    if world.not_simulated is not None:
        loop.forget()
        raise world.not_simulated
    return reached
