"""The examples are values that the chart takes."""

from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.chart.charts import CHART, ROOT, VALUES
from tests.cluster.clients import Client

EXAMPLES: Final = ROOT / "deploy" / "helm" / "examples"


def _values() -> dict[str, dict[str, Any]]:
    """Return the values of each example: a file of their own, or a part of a manifest."""
    found = {path.parent.name: _read(path)[0] for path in sorted(EXAMPLES.glob("*/values.yaml"))}
    [application] = _read(EXAMPLES / "argo-cd/application.yaml")
    [_, release] = _read(EXAMPLES / "flux/release.yaml")
    return {
        **found,
        "argo-cd": application["spec"]["source"]["helm"]["valuesObject"],
        "flux": release["spec"]["values"],
    }


def _read(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_bytes()))


VALUES_OF: Final = _values()


def test_every_example_has_values() -> None:
    assert VALUES_OF.keys() == {path.name for path in EXAMPLES.iterdir() if path.is_dir()}


@pytest.mark.parametrize("name", sorted(VALUES_OF))
def test_helm_takes_an_example(helm: Client, tmp_path: Path, name: str) -> None:
    path = tmp_path / "values.yaml"
    path.write_text(yaml.safe_dump(VALUES_OF[name]), encoding="utf-8")
    helm.run("lint", "--strict", CHART, "-f", path)


def test_what_can_stop_is_added_to_other_values(helm: Client) -> None:
    added = ("-f", VALUES / "smallest.yaml", "-f", EXAMPLES / "scale-to-zero.yaml")
    text = helm.run("template", "release", CHART, *added)
    scaled = [each for each in yaml.safe_load_all(text) if each and each["kind"] == "ScaledObject"]
    assert {each["spec"]["minReplicaCount"] for each in scaled} == {0}
    assert [each["metadata"]["name"] for each in scaled] == [
        "release-waybill-inventory", "release-waybill-payments",
    ]  # fmt: skip
