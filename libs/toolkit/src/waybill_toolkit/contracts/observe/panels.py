"""What a dashboard is made of, whoever draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Unit: TypeAlias = Literal["short", "reqps", "ops", "s", "percentunit", "bytes", "none"]
"""As Grafana names them."""
Kind: TypeAlias = Literal["timeseries", "stat", "table"]

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
    kind: Kind = "timeseries"
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


def rate(metric: str, by: str = "", where: str = "") -> str:
    """Return the events a second of a counter, summed by the labels."""
    return f"sum{_by(by)} (rate({metric}{_where(where)}[{RATE_WINDOW}]))"


def quantiles(metric: str, where: str = "", by: str = "") -> list[Query]:
    """Return the median and the 99th percentile of a histogram, for each value of a label `by`."""
    labels = f"le, {by}" if by else "le"
    of = f" {{{{{by}}}}}" if by else ""
    rates = f"sum by ({labels}) (rate({metric}_bucket{_where(where)}[{RATE_WINDOW}]))"
    return [
        Query(f"histogram_quantile({share}, {rates})", f"{name}{of}")
        for name, share in (("p50", 0.5), ("p99", 0.99))
    ]


def highest(metric: str, by: str = "", where: str = "") -> str:
    """Return a gauge that is the same on every replica, or its highest value."""
    return f"max{_by(by)} ({metric}{_where(where)})"


def total(metric: str, by: str = "", where: str = "") -> str:
    """Return the sum of a gauge over all replicas."""
    return f"sum{_by(by)} ({metric}{_where(where)})"


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""


def _where(labels: str) -> str:
    return f"{{{labels}}}" if labels else ""
