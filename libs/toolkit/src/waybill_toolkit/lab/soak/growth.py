"""The growth of a series of samples.

The slope is the median of the slopes between all pairs of samples (Theil, 1950; Sen, 1968): a few
peaks, such as a checkpoint or a garbage collection, do not affect it.
"""

from collections.abc import Sequence
from itertools import combinations
from statistics import median
from typing import Final

Point = tuple[float, float]
"""A time in seconds and a value."""

WARM_UP_SHARE: Final = 0.25
"""The share of the warm-up, in which caches and pools fill."""

_POINTS_MAX: Final = 200  # 20,000 pairs


def slope(points: Sequence[Point]) -> float:
    """Return the growth per second; 0 for fewer than two points."""
    thinned = points[:: len(points) // _POINTS_MAX + 1]
    slopes = [(b - a) / (u - t) for (t, a), (u, b) in combinations(thinned, 2) if u > t]
    return median(slopes) if slopes else 0.0


def settled(points: Sequence[Point]) -> Sequence[Point]:
    """Return the series without the warm-up."""
    return points[int(len(points) * WARM_UP_SHARE) :]


def rise(points: Sequence[Point]) -> float:
    """Return the growth of the settled part of a series."""
    kept = settled(points)
    return slope(kept) * (kept[-1][0] - kept[0][0]) if len(kept) > 1 else 0.0


def level(points: Sequence[Point]) -> float:
    """Return the median of the settled part; 0 for an empty one."""
    kept = settled(points)
    return median(value for _, value in kept) if kept else 0.0
