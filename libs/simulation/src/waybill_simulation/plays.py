"""The plays: what is simulated, with scenarios and invariants of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from waybill_simulation.history import Outcome
from waybill_simulation.planting import PlayName

_MODULES: Final = {
    PlayName.ORDERS: "waybill_simulation.orders_play",
    PlayName.DIVIDED_STOCK: "waybill_simulation.divided_play",
    PlayName.TOKENS: "waybill_simulation.tokens.play",
}


@dataclass(frozen=True, slots=True)
class Play:
    """How the histories of one play are drawn and run."""

    install: Callable[[], None]
    """Replaces the drivers, once. Raises NotSimulatedError, MigrationError, StartError."""
    draw: Callable[[int], Any]
    """Draws the scenario of a seed."""
    run: Callable[..., Outcome]
    """Runs a scenario; `is_recorded=True` keeps its messages. Raises NotSimulatedError."""


def load_play(name: PlayName) -> Play:
    """Import a play: a mutant has to be planted before."""
    play: Play = import_module(_MODULES[name]).PLAY
    return play
