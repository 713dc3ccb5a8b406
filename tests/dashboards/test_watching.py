"""`waybill up --observe`: Prometheus reads, VictoriaMetrics draws, and both keep their data."""

import json
import time
from dataclasses import replace
from typing import Any, Final

import httpx
import yaml
from tests.dashboards.conftest import ORDERS
from tests.dashboards.queries import DASHBOARDS, Observed
from tests.telemetry.log_fields import documented, faults

from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.observe.programs import Observers
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.ports import is_free
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.platform.status import report
from waybill_toolkit.platform.waiting import wait_until

CHART: Final = DASHBOARDS.parents[1]
READ_SECONDS: Final = 60.0


def ask(address: str, path: str, **parameters: str) -> Any:
    return httpx.get(f"{address}{path}", params=parameters, timeout=30).raise_for_status().json()


def series(address: str, expression: str, at: float | None = None) -> list[dict[str, Any]]:
    moment = {"time": str(at)} if at else {}
    found: list[dict[str, Any]] = ask(address, "/api/v1/query", query=expression, **moment)["data"][
        "result"
    ]
    return found


def drawing(platform: Platform) -> str:
    return platform.observers["dashboards"].partition("/vmui")[0]


def test_every_service_is_read_by_its_name(observed: Observed) -> None:
    up = series(observed.platform.observers["prometheus"], "up == 1")
    assert {each["metric"]["job"] for each in up} == {*observed.platform.services}


def test_every_rule_of_the_chart_is_loaded_and_can_be_evaluated(observed: Observed) -> None:
    groups = ask(observed.platform.observers["prometheus"], "/api/v1/rules")["data"]["groups"]
    files = [CHART / "alerts" / "alerts.yaml", *(CHART / "files" / "rules").glob("*.yaml")]
    written = [each for file in files for each in yaml.safe_load(file.read_bytes())["groups"]]
    loaded = {each["name"]: each["rules"] for each in groups}
    assert {name: len(rules) for name, rules in loaded.items()} == {
        each["name"]: len(each["rules"]) for each in written
    }
    unhealthy = [each for rules in loaded.values() for each in rules if each["health"] != "ok"]
    assert unhealthy == []


def test_what_draws_gets_all_series_and_dashboards(observed: Observed) -> None:
    address = drawing(observed.platform)
    builds = series(address, "waybill_build_info")
    assert {each["metric"]["job"] for each in builds} == {*observed.platform.services}
    drawn = ask(address, "/vmui/custom-dashboards")["dashboardsSettings"]
    titles = {json.loads(file.read_bytes())["title"] for file in DASHBOARDS.glob("*.json")}
    assert {f"Waybill: {each['title']}" for each in drawn} == titles


def test_status_shows_both(observed: Observed) -> None:
    rows = {each["name"]: each for each in report(observed.platform.folder)["processes"]}
    for name, address in observed.platform.observers.items():
        assert rows[name]["state"] == "ready"
        assert rows[name]["address"] == address


def test_every_log_line_has_the_fields_of_the_page(observed: Observed) -> None:
    logs = DataFolder(observed.platform.folder)
    lines = [
        line
        for name in observed.platform.services
        for line in logs.log(name).read_text("utf-8").splitlines()
    ]
    fields = documented()
    assert len(lines) > ORDERS
    assert {fault for line in lines for fault in faults(line, fields)} == set()


def test_data_stay_over_a_restart_for_a_bounded_time(observers: Observers) -> None:
    with short_folder() as folder:
        plan = Plan.of(folder / "data", tree_root() / "services", free_port_base())
        plan = replace(plan, observers=observers)
        with running(plan) as platform:
            wait_until(lambda: bool(series(drawing(platform), "up == 1")), READ_SECONDS)
            before = time.time()
        assert all(map(is_free, plan.ports().values()))
        with running(plan) as platform:
            prometheus = platform.observers["prometheus"]
            assert series(prometheus, "up == 1", before)
            wait_until(lambda: bool(series(drawing(platform), "up == 1", before)), READ_SECONDS)
            flags = ask(prometheus, "/api/v1/status/flags")["data"]
            assert flags["storage.tsdb.retention.time"] == "2d"
            assert flags["storage.tsdb.retention.size"] == "512MiB"
        remove_home(plan.data)
