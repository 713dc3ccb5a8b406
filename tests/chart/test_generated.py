"""The generated files of the chart: stale ones are found, and a service of one's own is in them."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import yaml
from tests.chart.charts import ROOT, VALUES, of_kind, variables
from tests.cluster.clients import Client
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.contracts.repository import Repository
from waybill_toolkit.new import service

CHART: Final = "deploy/helm/waybill"
COPIED: Final = (
    "contracts",
    "services",
    "docs/generated",
    "docs/services",
    "deploy",
    ".waybill/cache/generate",
)
CACHES: Final = shutil.ignore_patterns("__pycache__", ".*_cache")


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A copy of the tree to change; services that are created there are not installed."""
    for folder in COPIED:
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, tmp_path / folder, ignore=CACHES)
    for file in ("pyproject.toml", "tests/contract/scopes.yaml"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    (tmp_path / "libs").symlink_to(ROOT / "libs")
    monkeypatch.setattr(service, "_install", lambda _: None)
    monkeypatch.chdir(tmp_path)
    return Repository(tmp_path)


def _waybill(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(), list(arguments))
    return result.exit_code, result.output


def _replaced(old: str, new: str) -> Callable[[Path], object]:
    def edit(path: Path) -> None:
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


@pytest.mark.parametrize(
    ("file", "edit", "stale"),
    [
        (f"{CHART}/values.yaml", _replaced("replicas: 2", "replicas: 3"), ["values.yaml"]),
        (f"{CHART}/README.md", Path.unlink, ["README.md"]),
        (
            "services/orders/src/orders/settings.py",
            _replaced("    streams_max:", "    patience: PositiveInt = 3\n    streams_max:"),
            ["README.md", "files/services.yaml", "values.schema.json"],
        ),
        ("services/catalog/migrations", shutil.rmtree, ["files/services.yaml"]),
    ],
)
def test_a_stale_file_is_found(
    copied: Repository, file: str, edit: Callable[[Path], object], stale: list[str]
) -> None:
    assert _waybill("generate", "--check") == (0, "")
    edit(copied.root / file)

    code, output = _waybill("generate", "--check")

    found = [line.removeprefix("stale ") for line in output.splitlines() if "stale " in line]
    assert code == 1
    assert {f"{CHART}/{each}" for each in stale} <= set(found)
    assert _waybill("generate")[0] == 0
    assert _waybill("generate", "--check") == (0, "")


def test_a_service_is_called_by_those_whose_contract_says_so(copied: Repository) -> None:
    contract = copied.root / "contracts/payments/openapi.yaml"
    text = contract.read_text("utf-8")
    contract.write_text(f"x-calls: {{orders: [get_order]}}\n{text}", encoding="utf-8")

    services = yaml.safe_load(copied.chart()[copied.root / CHART / "files/services.yaml"])

    assert services["services"]["orders"]["callers"] == ["gateway", "payments"]
    assert services["services"]["payments"]["callers"] == ["gateway"]


def test_settings_that_cannot_be_read_are_named(copied: Repository) -> None:
    path = copied.root / "services/orders/src/orders/settings.py"
    path.write_text(f"{path.read_text('utf-8')}\nraise ValueError('no')\n", encoding="utf-8")

    code, output = _waybill("generate")

    assert code == 1
    expected = (
        "services/orders/src/orders/settings.py:1: the settings cannot be read: ValueError: no"
    )
    assert expected in output


def test_a_service_of_ones_own_is_in_the_chart(copied: Repository, helm: Client) -> None:
    code, output = _waybill("new", "service", "loyalty", "--entity", "award")
    assert code == 0, output

    assert copied.stale(copied.chart()) == []
    text = helm.run("template", "release", copied.root / CHART, "-f", VALUES / "strimzi.yaml")
    objects = [each for each in yaml.safe_load_all(text) if each]
    loyalty = of_kind(objects, "Deployment")["loyalty"]["spec"]["template"]["spec"]
    assert loyalty["containers"][0]["args"] == ["loyalty"]
    assert "WAYBILL_DATABASE_URL_FILE" in variables(loyalty["containers"][0])
    gateway = of_kind(objects, "Deployment")["gateway"]["spec"]["template"]["spec"]
    upstreams = variables(gateway["containers"][0])["WAYBILL_UPSTREAMS"]
    assert '"loyalty":"http://release-waybill-loyalty:8000"' in upstreams
    assert "loyalty" in of_kind(objects, "KafkaTopic")
    assert "loyalty" in of_kind(objects, "KafkaUser")
