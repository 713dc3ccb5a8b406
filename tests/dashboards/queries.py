"""The queries of the dashboards, and what Prometheus answers."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from waybill_toolkit.contracts.observe.panels import RATE_WINDOW
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.observe.configuration import SCRAPE_SECONDS

DASHBOARDS: Final = (
    Path(__file__).parents[2] / "deploy" / "helm" / "waybill" / "files" / "dashboards"
)


EMPTY: Final = {
    "gateway: rate limit store up": "needs a store that several gateways share",
    "overview: Alerts that fire": "needs a fault",
    "sagas: Answers that did not arrive in time": "needs minutes of silence",
}
"""Panels without data, each with its reason."""


class Query(NamedTuple):
    """A query of a panel, which is named by its dashboard and its title."""

    panel: str
    expression: str


@dataclass(frozen=True, slots=True)
class Observed:
    """A platform that Prometheus has watched for a time."""

    platform: Platform
    began: float
    ended: float
    http: httpx.Client

    def has_data(self, expression: str) -> bool:
        """Whether a graph of the expression has a point, drawn as Grafana asks for it."""
        asked = {
            "query": expression.replace(RATE_WINDOW, f"{4 * SCRAPE_SECONDS}s"),
            "start": str(self.began),
            "end": str(self.ended),
            "step": str(SCRAPE_SECONDS),
        }
        address = f"{self.platform.observers['prometheus']}/api/v1/query_range"
        answer = self.http.get(address, params=asked).raise_for_status().json()
        points = (float(value) for each in answer["data"]["result"] for _, value in each["values"])
        return not all(map(math.isnan, points))


def all_queries() -> Iterator[Query]:
    """Yield the queries of all dashboards."""
    for file in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(file.read_bytes())["panels"]:
            for target in panel.get("targets", ()):
                yield Query(f"{file.stem}: {panel['title']}", target["expr"])


def faults(observed: Observed, queries: Iterable[Query], empty: Mapping[str, str]) -> Iterator[str]:
    """Yield the queries without data, apart from panels with a reason, and the unused reasons."""
    found = [each for each in queries if not observed.has_data(each.expression)]
    yield from (f"{panel} has no data: {text}" for panel, text in found if panel not in empty)
    yield from (
        f"{panel} has data" for panel in empty if panel not in {each.panel for each in found}
    )
