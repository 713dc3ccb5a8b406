"""What a dashboard is made of, whoever draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Unit: TypeAlias = Literal["short", "reqps", "ops", "s", "percentunit", "bytes", "none"]
"""As Grafana names them."""

RATE_WINDOW: Final = "$__rate_interval"
"""Grafana replaces it with four intervals of the scrape, or one point of the graph."""


@dataclass(frozen=True, slots=True)
class Query:
    """An expression of PromQL, and the name of each of its series: `{{job}}`."""

    expression: str
    legend: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph. `text` says what it shows and what is good."""

    title: str
    queries: Sequence[Query]
    unit: Unit = "short"
    text: str = ""
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Panels beside each other, below a title."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of rows. `name` is a part of its address, and of its file's name."""

    name: str
    title: str
    text: str
    rows: Sequence[Row]


def rate(metric: str, *by: str, where: str = "", legend: str = "") -> Query:
    """Ask for the events a second of a counter, for each value of the labels."""
    return grouped("sum", f"rate({metric}{_where(where)}[{RATE_WINDOW}])", *by, legend=legend)


def highest(metric: str, *by: str, where: str = "", legend: str = "") -> Query:
    """Ask for a gauge that is the same on every replica, or its highest value."""
    return grouped("max", f"{metric}{_where(where)}", *by, legend=legend)


def lowest(metric: str, *by: str, where: str = "", legend: str = "") -> Query:
    """Ask for the lowest value of a gauge on any replica."""
    return grouped("min", f"{metric}{_where(where)}", *by, legend=legend)


def total(metric: str, *by: str, where: str = "", legend: str = "") -> Query:
    """Ask for the sum of a gauge over all replicas."""
    return grouped("sum", f"{metric}{_where(where)}", *by, legend=legend)


def quantiles(metric: str, *by: str, where: str = "") -> list[Query]:
    """Ask for the median and the 99th percentile of a histogram, for each value of the labels."""
    rates = rate(f"{metric}_bucket", "le", *by, where=where).expression
    return [
        Query(f"histogram_quantile({share}, {rates})", f"{name} {_legend(by)}".strip())
        for name, share in (("p50", 0.5), ("p99", 0.99))
    ]


def grouped(aggregate: str, expression: str, *by: str, legend: str = "") -> Query:
    """Aggregate an expression; the legend is by default the labels by which that is done."""
    labels = f" by ({', '.join(by)})" if by else ""
    return Query(f"{aggregate}{labels} ({expression})", legend or _legend(by))


def both(*conditions: str) -> str:
    """Join conditions on labels; those that are empty are left out."""
    return ", ".join(filter(None, conditions))


def _legend(labels: Sequence[str]) -> str:
    return " ".join(f"{{{{{each}}}}}" for each in labels)


def _where(conditions: str) -> str:
    return f"{{{conditions}}}" if conditions else ""
