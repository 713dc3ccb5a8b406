"""Scenarios: cases, each measured in rounds, and their results."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

from rich.console import Console

Figure: TypeAlias = "float | Mapping[str, float | None] | None"
"""A number, numbers by name, or None when it cannot be measured here."""
Figures: TypeAlias = Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the command line; None selects the default of a scenario."""

    console: Console
    rounds: int = 3
    seconds: float | None = None
    clients: int | None = None
    orders: int | None = None
    data: Path | None = None
    port_base: int | None = None
    stop: bool = False
    """Whether `data` is a platform that was started for this run."""
    plot: Path | None = None

    def seconds_or(self, default: float) -> float:
        return self.seconds or default


@dataclass(frozen=True, slots=True)
class Case:
    """One measurement, repeated in equal rounds."""

    name: str
    measure: Callable[[], Figures]
    prepare: Callable[[], None] = lambda: None
    rounds_max: int | None = None
    """The maximum number of rounds, for long rounds and rounds that depend on the last one."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Cases for the platform that `cases` starts and stops."""

    name: str
    meaning: str
    cases: Callable[[Options], AbstractContextManager[Sequence[Case]]]


@dataclass(slots=True)
class Measured:
    """The rounds of one case."""

    case: str
    rounds: list[Figures] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the median of each figure, and the rounds."""
        return {**medians(self.rounds), "rounds": [dict(each) for each in self.rounds]}


def medians(rounds: Sequence[Figures]) -> dict[str, Any]:
    """Return the median of each figure over the rounds, also of each part."""
    return {name: _median([each.get(name) for each in rounds]) for name in _names(rounds)}


def _median(values: Sequence[Figure]) -> Any:  # noqa: ANN401 - a number, or numbers by name
    parts = [value for value in values if isinstance(value, Mapping)]
    if parts:
        return medians(parts)
    known = [value for value in values if isinstance(value, int | float)]
    return rounded(median(known)) if known else None


def _names(rounds: Sequence[Figures]) -> list[str]:
    return list(dict.fromkeys(name for each in rounds for name in each))


def rounded(value: float) -> float:
    """Round to five digits; more would be noise."""
    return float(f"{value:.5g}")


def flat(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Yield every number with its name, those of parts as `figure.part`."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{prefix}{name}", float(value)
