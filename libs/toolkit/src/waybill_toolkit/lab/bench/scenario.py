"""What a scenario is: cases, each measured in rounds, and what is said of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

from rich.console import Console

Figure: TypeAlias = "float | Mapping[str, float | None] | None"
"""A number, one for each of several parts, or None when it cannot be measured here."""
Figures: TypeAlias = Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says about all scenarios; None leaves it to the scenario."""

    console: Console
    rounds: int = 3
    seconds: float | None = None
    clients: int | None = None
    orders: int | None = None
    data: Path | None = None
    port_base: int | None = None
    stop: bool = False
    """A platform at `data` that was started for this."""
    plot: Path | None = None

    def seconds_or(self, default: float) -> float:
        return self.seconds or default


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that is measured, in rounds that could be told apart only by noise."""

    name: str
    measure: Callable[[], Figures]
    prepare: Callable[[], None] = lambda: None
    rounds_max: int | None = None
    """When rounds are long, or each finds what the one before left."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Cases to be measured on the platform that `cases` sets up and takes down."""

    name: str
    meaning: str
    cases: Callable[[Options], AbstractContextManager[Sequence[Case]]]


@dataclass(slots=True)
class Measured:
    """The rounds of one case."""

    case: str
    rounds: list[Figures] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Give the median of each figure, and the rounds that it is the median of."""
        return {**medians(self.rounds), "rounds": [dict(each) for each in self.rounds]}


def medians(rounds: Sequence[Figures]) -> dict[str, Any]:
    """Take the median of each figure over the rounds; of parts, of each part."""
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
    """Keep five digits: more would be noise in every figure that is measured here."""
    return float(f"{value:.5g}")


def flat(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Name every number, those of parts as `figure.part`."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{prefix}{name}", float(value)
