"""How much a series of samples rises.

The slope is the median of the slopes between all pairs of samples (Theil, 1950; Sen, 1968): a few
peaks, of a checkpoint or a collection of garbage, do not bend it.
"""

from collections.abc import Sequence
from itertools import combinations
from statistics import median
from typing import Final

Point = tuple[float, float]
"""A time in seconds and a value."""

WARM_UP_SHARE: Final = 0.25
"""Of a series: caches and pools fill, and that is no growth."""

_POINTS_MAX: Final = 200  # 20,000 pairs


def slope(points: Sequence[Point]) -> float:
    """Return the rise per second; 0 of fewer than two moments."""
    thinned = points[:: len(points) // _POINTS_MAX + 1]
    slopes = [(b - a) / (u - t) for (t, a), (u, b) in combinations(thinned, 2) if u > t]
    return median(slopes) if slopes else 0.0


def settled(points: Sequence[Point]) -> Sequence[Point]:
    """Leave out the warm-up."""
    return points[int(len(points) * WARM_UP_SHARE) :]


def rise(points: Sequence[Point]) -> float:
    """Return how much the settled part of a series rises from its begin to its end."""
    kept = settled(points)
    return slope(kept) * (kept[-1][0] - kept[0][0]) if len(kept) > 1 else 0.0


def level(points: Sequence[Point]) -> float:
    """Return the usual value of the settled part; 0 of nothing."""
    kept = settled(points)
    return median(value for _, value in kept) if kept else 0.0
