"""Minimizes a failing scenario."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from waybill_simulation.history import Outcome
from waybill_simulation.postgres.not_simulated import NotSimulatedError

SEEDS_TRIED: Final = 3
"""A smaller scenario runs differently; with other seeds it may fail again."""


def shrink(failed: Outcome, run: Callable[[Any], Outcome], seconds: float) -> Outcome:
    """Remove what no violation needs, until nothing can be removed or the time is over."""
    until = time.monotonic() + seconds
    best = failed
    again = True
    while again:
        again = False
        for candidate in best.scenario.smaller():
            found = _failing(candidate, run, until)
            if found is not None:
                best, again = found, True
                break
    return best


def _failing(
    candidate: Any,  # noqa: ANN401 (a scenario of either play)
    run: Callable[[Any], Outcome],
    until: float,
) -> Outcome | None:
    for more in range(SEEDS_TRIED):
        if time.monotonic() > until:
            return None
        try:
            outcome = run(replace(candidate, seed=candidate.seed + more * 1_000_003))
        except NotSimulatedError:
            return None  # it has no verdict
        if outcome.violations:
            return outcome
    return None
