"""A fault that was injected, with its times."""

from dataclasses import dataclass
from typing import Any

from waybill_toolkit.lab.chaos.schedule import Fault


@dataclass(slots=True)
class Event:
    """An injected fault; times are seconds since the start of the campaign."""

    fault: Fault
    began: float
    ended: float | None = None
    """When the fault was healed; its target may still be down."""
    ready_again: float | None = None
    """When the killed or stopped process was replaced."""
    missed: str = ""
    """Why the fault had no effect, for example because its target was already down."""

    def to_json(self) -> dict[str, Any]:
        times = {"began_seconds": self.began, "ended_seconds": self.ended}
        if self.ready_again is not None:
            times["ready_again_seconds"] = self.ready_again
        rounded = {name: round(value, 2) for name, value in times.items() if value is not None}
        return {**self.fault.to_json(), **rounded, "missed": self.missed}
