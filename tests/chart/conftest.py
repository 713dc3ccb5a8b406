"""The chart, as helm renders it for sets of values."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.chart.charts import CHART, VALUES, Object
from tests.cluster.binaries import BuildError
from tests.cluster.clients import Client, client

Render = Callable[[str], list[Object]]

_RELEASE: Final = ("template", "release", CHART, "--namespace", "shop")


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """Give helm, which is downloaded the first time."""
    try:
        helm = client("helm", tmp_path_factory.mktemp("helm") / "no-kubeconfig")
        helm.run("version")
    except BuildError as error:
        pytest.skip(f"needs helm, which is downloaded once: {error}")
    except OSError as error:
        pytest.skip(f"needs helm, whose program is for Linux on x86-64: {error}")
    return helm


@pytest.fixture(scope="session")
def render(helm: Client) -> Render:
    """Give a function that renders the chart for a set of values, once."""
    rendered: dict[str, list[Object]] = {}

    def of(name: str) -> list[Object]:
        if name not in rendered:
            text = helm.run(*_RELEASE, "-f", VALUES / f"{name}.yaml")
            rendered[name] = [each for each in yaml.load_all(text, yaml.CSafeLoader) if each]
        return rendered[name]

    return of


@pytest.fixture
def refusal(helm: Client, tmp_path: Path) -> Callable[[Mapping[str, Any]], str]:
    """Give a function that returns why values, in addition to the fewest ones, are refused."""

    def of(values: Mapping[str, Any]) -> str:
        more = tmp_path / "values.yaml"
        more.write_text(yaml.safe_dump(dict(values)), encoding="utf-8")
        return helm.refused(*_RELEASE, "-f", VALUES / "smallest.yaml", "-f", more)

    return of
