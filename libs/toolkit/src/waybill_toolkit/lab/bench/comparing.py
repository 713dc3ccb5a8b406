"""Changes between two results that exceed the noise between rounds.

A figure has changed when three things hold: the rounds of both results do not overlap,
the medians differ by more than three standard deviations, and by more than 3 %. The deviation is
estimated robustly, by the median of the distances from the median (MAD), so that one disturbed
round counts little; few rounds make that too small, which a factor corrects (Croux and Rousseeuw,
"Time-efficient algorithms for two highly robust estimators of scale", 1992). With fewer than three
rounds on a side the noise is unknown, and only a difference of a quarter counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from statistics import median
from typing import Any, Final

from waybill_toolkit.lab.bench.scenario import flat

ROUNDS_MIN: Final = 3
LEAST_SHARE: Final = 0.03
UNKNOWN_NOISE_SHARE: Final = 0.25

_DEVIATIONS: Final = 3.0
_MAD_TO_DEVIATION: Final = 1.4826  # of a normal distribution
_FEW_ROUNDS: Final = {3: 1.495, 4: 1.363, 5: 1.206, 6: 1.200, 7: 1.140, 8: 1.129, 9: 1.107}
_HIGHER_IS_BETTER: Final = ("_per_second", "_share")
_SAME: Final = ("cores", "memory_bytes", "python", "system", "platform", "seconds", "clients")
_NEITHER: Final = ("seconds_measured", "confirmed", "offered_per_second", "requests", "orders")


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of one case, before and after."""

    scenario: str
    case: str
    figure: str
    before: float
    after: float
    has_moved: bool

    @property
    def change(self) -> float:
        """The relative change; infinite when the old value is 0."""
        if self.before == self.after:
            return 0.0
        return (self.after - self.before) / abs(self.before) if self.before else float("inf")

    @property
    def is_better(self) -> bool:
        """Whether the change is an improvement: higher rates, lower values of all else."""
        rises = self.after > self.before
        return rises == self.figure.partition(".")[0].endswith(_HIGHER_IS_BETTER)


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare every figure of every case that is in both results."""
    for scenario, cases in new["scenarios"].items():
        for case, after in cases.items():
            before = old["scenarios"].get(scenario, {}).get(case)
            if before:
                yield from _compare_case(scenario, case, before["rounds"], after["rounds"])


def not_compared(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the cases that only one of the results has."""
    there = [
        {(scenario, case) for scenario, cases in each["scenarios"].items() for case in cases}
        for each in (old, new)
    ]
    return sorted(f"{scenario}: {case}" for scenario, case in there[0] ^ there[1])


def other_conditions(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the conditions that differ between the two results."""
    before, after = old["conditions"], new["conditions"]
    return [
        f"{name}: {before.get(name)}, now {after.get(name)}"
        for name in _SAME
        if before.get(name) != after.get(name)
    ]


def has_moved(before: Sequence[float], after: Sequence[float]) -> bool:
    """Return whether the rounds of a figure differ by more than the noise."""
    middle = median(before)
    distance = abs(median(after) - middle)
    if min(len(before), len(after)) < ROUNDS_MIN:
        return distance > UNKNOWN_NOISE_SHARE * abs(middle)
    overlap = min(before) <= max(after) and min(after) <= max(before)
    noise = _DEVIATIONS * hypot(deviation(before), deviation(after))
    return not overlap and distance > max(noise, LEAST_SHARE * abs(middle))


def deviation(rounds: Sequence[float]) -> float:
    """Estimate the standard deviation of a figure from round to round."""
    middle = median(rounds)
    mad = median(abs(each - middle) for each in rounds)
    return _MAD_TO_DEVIATION * _FEW_ROUNDS.get(len(rounds), 1.0) * mad


def _compare_case(
    scenario: str,
    case: str,
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
) -> Iterator[Difference]:
    olds, news = _by_figure(before), _by_figure(after)
    for figure, values in news.items():
        if figure in olds and figure not in _NEITHER:
            old = olds[figure]
            yield Difference(
                scenario, case, figure, median(old), median(values), has_moved(old, values)
            )


def _by_figure(rounds: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {}
    for each in rounds:
        for name, value in flat(each):
            figures.setdefault(name, []).append(value)
    return figures
