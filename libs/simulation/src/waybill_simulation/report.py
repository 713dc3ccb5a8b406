"""Reports a failed history."""

from typing import Any

from waybill_simulation.diagram import mermaid
from waybill_simulation.history import Outcome
from waybill_simulation.plays import Play
from waybill_simulation.shrink import shrink


def failure(outcome: Outcome, play: Play, shrink_seconds: float) -> dict[str, Any]:
    """Minimize a failure, and describe it with a diagram."""
    least = shrink(outcome, play.run, shrink_seconds)
    recorded = play.run(least.scenario, is_recorded=True)
    return {
        "seed": outcome.scenario.seed,
        "violations": list(outcome.violations),
        "scenario": least.scenario.describe(),
        "shrunk_violations": list(recorded.violations),
        "diagram": mermaid(recorded.messages),
    }
