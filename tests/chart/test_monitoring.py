"""What the chart installs for Prometheus and Grafana."""

import json
from typing import Final

import yaml
from tests.chart.charts import CHART, of_kind
from tests.chart.conftest import Render

RULES: Final = (
    CHART / "alerts" / "alerts.yaml",
    CHART / "files" / "rules" / "services.yaml",
    CHART / "files" / "rules" / "objectives.yaml",
)


def test_every_rule_is_installed_unchanged_with_the_address_of_its_runbook(render: Render) -> None:
    [resource] = of_kind(render("observed"), "PrometheusRule").values()
    installed = resource["spec"]["groups"]

    runbooks = [
        rule["annotations"].pop("runbook_url")
        for group in installed
        for rule in group["rules"]
        if "alert" in rule
    ]
    written = [group for file in RULES for group in yaml.safe_load(file.read_bytes())["groups"]]
    assert installed == written
    assert "https://docs.example/runbooks#waybilldeadletters" in runbooks


def test_every_dashboard_is_a_config_map_that_the_sidecar_finds(render: Render) -> None:
    maps = [each for each in render("observed") if each["kind"] == "ConfigMap"]

    found = {name: text for each in maps for name, text in each["data"].items()}
    files = {f"waybill-{file.name}": file for file in (CHART / "files/dashboards").glob("*.json")}
    assert found.keys() == files.keys()
    assert {name: json.loads(text) for name, text in found.items()} == {
        name: json.loads(file.read_bytes()) for name, file in files.items()
    }
    assert all(each["metadata"]["labels"]["grafana_dashboard"] == "1" for each in maps)
    assert all(each["metadata"]["annotations"] == {"grafana_folder": "Waybill"} for each in maps)


def test_the_job_of_a_scrape_is_the_name_of_the_service(render: Render) -> None:
    objects = render("observed")
    [monitor] = of_kind(objects, "ServiceMonitor").values()

    label = monitor["spec"]["jobLabel"]
    services = [each["metadata"]["labels"][label] for each in objects if each["kind"] == "Service"]
    assert "orders" in services


def test_nothing_is_installed_for_them_by_default(render: Render) -> None:
    kinds = {each["kind"] for each in render("smallest")}
    assert not kinds & {"PrometheusRule", "ServiceMonitor", "ConfigMap"}
