"""Runs one history, from a scenario to its verdict."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from waybill_simulation.drivers import begin
from waybill_simulation.invariants import unfinished, violations
from waybill_simulation.network import Message, Network
from waybill_simulation.scenario import Scenario
from waybill_simulation.shop import Shop
from waybill_simulation.world import World

QUIESCENT_WITHIN_SECONDS: Final = 400.0
"""The limit in virtual time for all work to finish; a history needs less than a quarter of it."""
CHECK_SECONDS: Final = 1.0
AFTERMATH_SECONDS: Final = 0.5
LATE_SECONDS: Final = 12.0
"""Delayed messages have arrived after this time; with provider faults it takes longer."""


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


class _Quiescence:
    """Checks at intervals whether all work has finished."""

    def __init__(self, world: World, shop: Shop) -> None:
        self._world, self._shop = world, shop
        self.is_reached = False
        world.network.deliver(CHECK_SECONDS, self._check)

    def _check(self) -> None:
        if self._world.is_whole and next(unfinished(self._world, self._shop), None) is None:
            self.is_reached = True
        else:
            self._world.network.deliver(CHECK_SECONDS, self._check)


def run(scenario: Scenario, *, is_recorded: bool = False) -> Outcome:
    """Run a history to its end. The same scenario gives the same outcome.

    Raises NotSimulatedError when a service sends SQL that the simulated PostgreSQL does not know.
    """
    # The collector would close abandoned coroutines at a time that does not depend on the seed.
    # So the objects of a history are kept until its process ends.
    gc.disable()
    network = Network(scenario.seed, is_recorded=is_recorded)
    world = World(scenario, network)
    begin(world)
    shop = Shop(world)
    world.replicas.start_all()
    shop.open()
    quiescence = _Quiescence(world, shop)
    has_finished = _run(world, lambda: quiescence.is_reached, until=QUIESCENT_WITHIN_SECONDS)
    if has_finished:
        world.faults.give_up()
        late = LATE_SECONDS if scenario.provider_faults else AFTERMATH_SECONDS
        end = network.loop.time() + late
        _run(world, lambda: False, until=end)
    stuck = [] if has_finished else sorted({f"stuck: {each}" for each in unfinished(world, shop)})
    outcome = Outcome(
        scenario,
        tuple(dict.fromkeys((*violations(world, shop), *stuck))),
        tuple(network.messages),
        network.loop.time(),
        network.questions,
        network.loop.steps,
        tuple(order["status"] for order in world.rows("orders", "orders")),
    )
    network.loop.forget()
    return outcome


def _run(world: World, is_done: Callable[[], bool], until: float) -> bool:
    loop = world.network.loop
    reached = loop.run(lambda: world.not_simulated is not None or is_done(), until)
    if world.not_simulated is not None:
        loop.forget()
        raise world.not_simulated
    return reached
