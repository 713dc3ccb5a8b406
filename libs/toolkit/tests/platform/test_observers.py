"""`waybill up --observe`: what it needs, and the files that it writes.

tests/dashboards starts it.
"""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from typer.testing import CliRunner, Result

from waybill_toolkit.cli import build
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.observe.configuration import write_configuration
from waybill_toolkit.platform.observe.folder import ObserversFolder
from waybill_toolkit.platform.observe.programs import DRAWS, Observers, find_observers
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.source_tree import tree_root

CHART: Final = tree_root() / "deploy" / "helm" / "waybill"
SERVICES: Final = {"gateway": 7400, "orders": 7401}


@pytest.fixture(autouse=True)
def folder_of_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No program but those in this folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("GOBIN", str(tmp_path / "go"))
    return folder


def install(folder: Path, name: str, help_text: str = "") -> Path:
    program = folder / name
    folder.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\necho '{help_text}'\n")
    program.chmod(0o755)
    return program


def up(data: Path) -> Result:
    arguments = ["up", "--observe", "--data", str(data)]
    return CliRunner().invoke(build(), arguments, terminal_width=1000)


def test_missing_programs_are_named_with_how_to_install_them(tmp_path: Path) -> None:
    result = up(tmp_path / "data")
    assert result.exit_code == 1
    said = " ".join(result.stderr.split())
    assert said.startswith("--observe needs what is not installed: prometheus (install the package")
    assert "victoria-metrics (build it with `go install github.com/VictoriaMetrics/" in said
    assert not (tmp_path / "data").exists()


def test_only_what_is_missing_is_named(folder_of_programs: Path) -> None:
    install(folder_of_programs, "victoria-metrics", f"-{DRAWS}")
    with pytest.raises(PlatformError) as refusal:
        find_observers(tree_root())
    assert str(refusal.value) == (
        "--observe needs what is not installed: prometheus (install the package prometheus)."
    )


def test_the_first_victoria_metrics_with_an_interface_is_taken(
    folder_of_programs: Path, tmp_path: Path
) -> None:
    install(folder_of_programs, "prometheus")
    install(folder_of_programs, "victoria-metrics", "as Debian packages it")
    built = install(tmp_path / "go", "victoria-metrics", f"-{DRAWS} string")
    assert find_observers(tree_root()).victoria_metrics == built


def test_a_tree_without_dashboards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="needs the rules and dashboards"):
        find_observers(tmp_path)


def test_how_to_build_names_the_version_that_is_tested() -> None:
    module = tree_root() / "tests" / "cluster" / "tools" / "victoria-metrics" / "go.mod"
    with pytest.raises(PlatformError) as refusal:
        find_observers(tree_root())
    _, _, version = str(refusal.value).rpartition("victoria-metrics@")
    assert f"VictoriaMetrics {version.partition('`')[0]} " in module.read_text()


def test_ports_are_taken_only_when_it_is_asked_for(tmp_path: Path) -> None:
    plan = Plan.of(tmp_path, tree_root() / "services", 7400)
    observed = replace(plan, observers=Observers(Path("/p"), Path("/v"), CHART))
    assert observed.ports().items() - plan.ports().items() == {
        ("prometheus", 7422),
        ("dashboards", 7423),
    }
    assert Plan.from_json(observed.to_json()) == observed
    assert Plan.from_json(plan.to_json()) == plan


@pytest.fixture
def written(tmp_path: Path) -> ObserversFolder:
    folder = ObserversFolder(tmp_path / "observe")
    write_configuration(folder, CHART, SERVICES, 7423)
    return folder


def test_each_service_is_a_job_with_its_port(written: ObserversFolder) -> None:
    document = yaml.safe_load(written.prometheus_file.read_bytes())
    jobs = {
        each["job_name"]: each["static_configs"][0]["targets"]
        for each in document["scrape_configs"]
    }
    assert jobs == {"gateway": ["127.0.0.1:7400"], "orders": ["127.0.0.1:7401"]}


def test_prometheus_accepts_the_file(
    written: ObserversFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    promtool = shutil.which("promtool") or pytest.skip("needs promtool, of Prometheus")
    command = [promtool, "check", "config", str(written.prometheus_file)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count("rules found") == 3


def test_the_overview_is_the_first_dashboard_and_those_of_services_are_the_last(
    written: ObserversFolder,
) -> None:
    names = [file.stem.partition("-")[2] for file in sorted(written.dashboards.glob("*.json"))]
    assert names[0] == "overview"
    assert names[-2:] == ["gateway", "orders"]


def test_a_dashboard_that_was_removed_is_not_drawn_any_more(written: ObserversFolder) -> None:
    (written.dashboards / "99-gone.json").write_text("{}")
    write_configuration(written, CHART, SERVICES, 7423)
    assert not (written.dashboards / "99-gone.json").exists()


def test_what_is_drawn_has_every_panel_and_query_of_grafana(written: ObserversFolder) -> None:
    drawn = [json.loads(file.read_bytes()) for file in written.dashboards.glob("*.json")]
    files = (CHART / "files" / "dashboards").glob("*.json")
    assert sorted(map(of_vmui, drawn)) == sorted(
        of_grafana(json.loads(f.read_bytes())) for f in files
    )


def of_vmui(document: dict[str, Any]) -> list[tuple[str, list[str], list[str]]]:
    panels = [panel for row in document["rows"] for panel in row["panels"]]
    return [(each["title"], each["expr"], each["alias"]) for each in panels]


def of_grafana(document: dict[str, Any]) -> list[tuple[str, list[str], list[str]]]:
    return [
        (
            panel["title"],
            [each["expr"] for each in panel["targets"]],
            [each["legendFormat"] for each in panel["targets"]],
        )
        for panel in document["panels"]
        if panel["type"] != "row"
    ]
