"""Making a failing scenario smaller, so that what remains is what it takes."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from waybill_simulation.history import Outcome
from waybill_simulation.postgres.not_simulated import NotSimulatedError
from waybill_simulation.scenario import Scenario, smaller

SEEDS_TRIED: Final = 3
"""With less in it a scenario goes another way; more seeds give it the chance to fail again."""


def shrink(failed: Outcome, run: Callable[[Scenario], Outcome], seconds: float) -> Outcome:
    """Leave out what is not needed for any violation, until nothing can be or time is over."""
    until = time.monotonic() + seconds
    best = failed
    again = True
    while again:
        again = False
        for candidate in smaller(best.scenario):
            found = _failing(candidate, run, until)
            if found is not None:
                best, again = found, True
                break
    return best


def _failing(
    candidate: Scenario, run: Callable[[Scenario], Outcome], until: float
) -> Outcome | None:
    for more in range(SEEDS_TRIED):
        if time.monotonic() > until:
            return None
        try:
            outcome = run(replace(candidate, seed=candidate.seed + more * 1_000_003))
        except NotSimulatedError:
            return None  # it goes where nothing can be said of it
        if outcome.violations:
            return outcome
    return None
