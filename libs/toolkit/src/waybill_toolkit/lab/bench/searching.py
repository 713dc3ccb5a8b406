"""Searches for the highest sustained rate."""

from typing import Final, Protocol


class Attempt(Protocol):
    """Measures a rate, for a short or the full time; returns whether it is sustained."""

    async def __call__(self, per_second: float, *, for_long: bool) -> bool: ...


RESOLUTION: Final = 0.05
"""The resolution of the search: 5 %, the difference of a machine between two days."""

_STEP: Final = 2.0
_LOWEST: Final = 1.0
_HIGHEST: Final = 100_000.0


async def highest_sustained(attempt: Attempt, start: float) -> float:
    """Return the highest rate that `attempt` sustains for the full time; 0 when there is none.

    Short attempts find an upper bound: by doubling or halving from `start`, then by bisection of
    the ratio. A rate that passes a short attempt may fail a full one, so from there the rate is
    reduced in steps of RESOLUTION until a full attempt succeeds.
    """
    good, bad = await _bracket(attempt, start)
    while bad > good * (1 + RESOLUTION):
        middle = (good * bad) ** 0.5
        if await attempt(middle, for_long=False):
            good = middle
        else:
            bad = middle
    while good >= _LOWEST and not await attempt(good, for_long=True):
        good /= 1 + RESOLUTION
    return good if good >= _LOWEST else 0.0


async def _bracket(attempt: Attempt, start: float) -> tuple[float, float]:
    """Return a rate that a short attempt sustains and a higher one that it does not, or (0, 0)."""
    rate = start
    if await attempt(rate, for_long=False):
        while rate < _HIGHEST and await attempt(rate * _STEP, for_long=False):
            rate *= _STEP
        return rate, rate * _STEP
    while rate / _STEP >= _LOWEST:
        rate /= _STEP
        if await attempt(rate, for_long=False):
            return rate, rate * _STEP
    return 0.0, 0.0
