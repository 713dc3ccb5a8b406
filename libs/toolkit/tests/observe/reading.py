"""The rules and dashboards of the chart, as tests read them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

ROOT: Final = Path(__file__).parents[4]
CHART: Final = ROOT / "deploy" / "helm" / "waybill"
RULES: Final = (
    CHART / "alerts" / "alerts.yaml",
    CHART / "files" / "rules" / "services.yaml",
    CHART / "files" / "rules" / "objectives.yaml",
)
DASHBOARDS: Final = sorted((CHART / "files" / "dashboards").glob("*.json"))

_METRIC: Final = re.compile(r"\b(waybill_\w+)(?:\{([^}]*)\})?")
_BY: Final = re.compile(r"\b(?:by|on|without|ignoring) \(([^)]*)\)")
_MATCHER: Final = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_SUFFIX: Final = re.compile(r"_(bucket|count|sum)$")
FROM_THE_SCRAPE: Final = {"job", "instance", "le"}
"""Labels that no declaration has."""


class Use(NamedTuple):
    """A metric in an expression, and the labels by which it is selected."""

    metric: str
    labels: set[str]


def rules() -> list[dict[str, Any]]:
    """Return all rules, alerts and recordings."""
    return [
        rule
        for file in RULES
        for group in yaml.safe_load(file.read_bytes())["groups"]
        for rule in group["rules"]
    ]


def alerts() -> list[dict[str, Any]]:
    """Return all rules that alert."""
    return [each for each in rules() if "alert" in each]


def expressions(dashboard: Path) -> Iterator[str]:
    """Yield each expression of a dashboard."""
    for panel in json.loads(dashboard.read_bytes())["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]


def uses(expression: str) -> Iterator[Use]:
    """Yield the metrics of an expression."""
    for name, matchers in _METRIC.findall(expression):
        yield Use(_SUFFIX.sub("", name), set(_MATCHER.findall(matchers)))


def grouped_by(expression: str) -> set[str]:
    """Return the labels by which an expression groups and matches."""
    return {each.strip() for labels in _BY.findall(expression) for each in labels.split(",")}
