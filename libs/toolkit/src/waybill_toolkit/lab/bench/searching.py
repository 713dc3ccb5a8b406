"""Search for the highest rate that is sustained."""

from typing import Final, Protocol


class Attempt(Protocol):
    """Tries a rate, briefly or for as long as counts; says whether it was sustained."""

    async def __call__(self, per_second: float, *, for_long: bool) -> bool: ...


RESOLUTION: Final = 0.05
"""How close to the limit the search comes: 5 %, which is what a machine differs from day to day."""

_STEP: Final = 2.0
_LOWEST: Final = 1.0
_HIGHEST: Final = 100_000.0


async def highest_sustained(attempt: Attempt, start: float) -> float:
    """Return the highest rate that `attempt` sustains for as long as counts; 0 when it is none.

    Brief attempts find the neighbourhood: by doubling or halving from `start`, then by bisection
    of the ratio. What passes briefly need not pass for long, so from there the rate goes down in
    steps of RESOLUTION until a long attempt succeeds.
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
    """Return a rate that is sustained briefly and a higher one that is not; (0, 0) if none is."""
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
