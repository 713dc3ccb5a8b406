"""What rules and dashboards ask for is what services count."""

import shutil
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import yaml

import waybill.app  # noqa: F401 - declares the metrics of the runtime
from waybill.metrics import DECLARED
from waybill_toolkit.contracts.observe.panels import RATE_WINDOW

from .reading import DASHBOARDS, FROM_THE_SCRAPE, ROOT, RULES, expressions, grouped_by, rules, uses

ALL = [
    *((f"rule {each.get('alert', each.get('record'))}", each["expr"]) for each in rules()),
    *((f"dashboard {file.stem}", text) for file in DASHBOARDS for text in expressions(file)),
]


@pytest.fixture(scope="module", autouse=True)
def _declared() -> None:
    for module in ROOT.glob("services/*/src/*/metrics.py"):
        import_module(f"{module.parent.name}.metrics")


def faults(expression: str) -> Iterator[str]:
    """Yield the metrics and labels of an expression that nobody declares."""
    labels = {"service", "version", "alertname", "severity", *FROM_THE_SCRAPE}
    for metric, selected in uses(expression):
        if metric not in DECLARED:
            yield f"nobody declares the metric {metric}"
            continue
        labels |= {*DECLARED[metric].labels}
        for label in selected - {*DECLARED[metric].labels} - FROM_THE_SCRAPE:
            yield f"{metric} has no label {label}"
    for label in grouped_by(expression) - labels - {""}:
        yield f"no metric of the expression has the label {label}"


def test_every_metric_and_label_is_declared() -> None:
    assert ALL
    assert {where: found for where, text in ALL if (found := list(faults(text)))} == {}


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("sum (rate(waybill_gone_total[5m]))", "nobody declares the metric waybill_gone_total"),
        ('waybill_dead_letters{status="dead"}', "waybill_dead_letters has no label status"),
        (
            "max by (topic) (waybill_dead_letters)",
            "no metric of the expression has the label topic",
        ),
    ],
)
def test_what_is_not_declared_is_found(expression: str, fault: str) -> None:
    assert list(faults(expression)) == [fault]


def test_every_expression_of_a_dashboard_is_valid_promql(tmp_path: Path, promtool: str) -> None:
    texts = {text.replace(RATE_WINDOW, "1m") for file in DASHBOARDS for text in expressions(file)}
    group = [{"record": f"a:b:{n}", "expr": text} for n, text in enumerate(sorted(texts))]
    file = tmp_path / "rules.yaml"

    file.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": group}]}))
    assert _check(promtool, file).returncode == 0, _check(promtool, file).stderr

    file.write_text(file.read_text().replace("sum by (", "sum by ((", 1))
    assert _check(promtool, file).returncode == 1


def test_prometheus_accepts_every_rule(promtool: str) -> None:
    for file in RULES:
        assert _check(promtool, file).returncode == 0, _check(promtool, file).stderr


def _check(promtool: str, file: Path) -> subprocess.CompletedProcess[str]:
    command = [promtool, "check", "rules", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    return found or pytest.skip("needs promtool, which comes with Prometheus")
