"""The play of orders: customers, and the services that see their orders through."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from waybill_simulation.drivers import begin, install
from waybill_simulation.history import Outcome, run_history
from waybill_simulation.invariants import unfinished, violations
from waybill_simulation.network import Network
from waybill_simulation.plays import Play
from waybill_simulation.scenario import Scenario, draw
from waybill_simulation.shop import Shop
from waybill_simulation.world import World

AFTERMATH_SECONDS: Final = 0.5
LATE_SECONDS: Final = 12.0
"""Delayed messages have arrived after this time; with provider faults it takes longer."""


class OrderHistory:
    """One history of orders."""

    def __init__(self, scenario: Scenario, *, is_recorded: bool) -> None:
        self.scenario: Final = scenario
        self.world: Final = World(scenario, Network(scenario.seed, is_recorded=is_recorded))
        self.late_seconds: Final = LATE_SECONDS if scenario.provider_faults else AFTERMATH_SECONDS
        begin(self.world)
        self._shop = Shop(self.world)

    def begin(self) -> None:
        self.world.replicas.start_all()
        self._shop.open()

    def unfinished(self) -> Iterator[str]:
        return unfinished(self.world, self._shop)

    def violations(self) -> list[str]:
        return violations(self.world, self._shop)

    def statuses(self) -> tuple[str, ...]:
        return tuple(order["status"] for order in self.world.rows("orders", "orders"))


def run(scenario: Scenario, *, is_recorded: bool = False) -> Outcome:
    """Run a history of orders. Raises NotSimulatedError."""
    return run_history(partial(OrderHistory, scenario, is_recorded=is_recorded))


PLAY: Final = Play(install, draw, run)
