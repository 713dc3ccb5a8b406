"""Each scenario of `waybill bench` and a soak test run; their figures are not checked."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from waybill_toolkit.cli import build
from waybill_toolkit.lab.bench.baskets import one_line
from waybill_toolkit.lab.bench.loading import Bulk, load_orders
from waybill_toolkit.lab.bench.placing import Place
from waybill_toolkit.operations.workload.session import audit_when_settled
from waybill_toolkit.platform.errors import NotRunningError
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.plan import free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder

takes_long = pytest.mark.skipif(
    "WAYBILL_BENCH_SMOKE" not in os.environ, reason="takes a minute: make bench-smoke"
)


def waybill(*arguments: object) -> Result:
    return CliRunner().invoke(build(), [str(argument) for argument in arguments])


def bench(folder: Path, *arguments: object) -> dict[str, Any]:
    file = folder / "result.json"
    result = waybill("bench", *arguments, "--rounds", 1, "--output", file)
    assert result.exit_code == 0, result.output
    scenarios: dict[str, Any] = json.loads(file.read_text("utf-8"))["scenarios"]
    return scenarios


def test_placing_orders_is_measured_with_its_costs(platform: Platform, tmp_path: Path) -> None:
    found = bench(
        tmp_path, "place-orders", "--only", "gateway, one line", "--clients", 4,
        "--seconds", 1, "--data", platform.folder,
    )  # fmt: skip

    figures = found["place-orders"]["gateway, one line, 4 clients"]
    assert figures["unconfirmed"] == 0
    assert figures["confirmed_per_second"] > 0
    assert 0 < figures["accept_ms_p50"] <= figures["accept_ms_p99"] <= figures["accept_ms_max"]
    assert figures["accept_ms_p50"] < figures["confirm_ms_p50"]
    assert figures["events_per_order"] == pytest.approx(10, abs=1)
    assert figures["wal_bytes_per_order"] > 1000
    assert {"orders", "gateway", "client", "broker", "postgres, for orders"} <= set(
        figures["cpu_seconds_per_order_by_process"]
    )


def test_a_rate_is_measured_drawn_and_compared(platform: Platform, tmp_path: Path) -> None:
    rate = (
        "open-loop", "--only", "25 a second", "--seconds", 1, "--plot", tmp_path / "rate.svg",
        "--data", platform.folder,
    )  # fmt: skip
    found = bench(tmp_path, *rate)
    old = (tmp_path / "result.json").rename(tmp_path / "old.json")

    again = waybill("bench", *rate, "--rounds", 1, "--compare", old)

    assert found["open-loop"]["25 a second, one line"]["confirmed"] == 25
    assert (tmp_path / "rate.svg").read_text("utf-8").startswith("<svg")
    assert again.exit_code == 0, again.output
    assert "changed by more than the noise" in again.output


@takes_long
def test_reads_events_and_the_limit_are_measured(platform: Platform, tmp_path: Path) -> None:
    found = bench(
        tmp_path, "reads", "events", "limit", "--seconds", 0.5, "--clients", 4, "--orders", 2000,
        "--data", platform.folder,
    )  # fmt: skip

    assert len(found["reads"]) == 6
    assert all(figures["answers_per_second"] > 0 for figures in found["reads"].values())
    assert len(found["events"]) == 3
    assert all(figures["events_per_second"] > 0 for figures in found["events"].values())
    assert found["limit"]["one line"]["rows_per_order"] >= 20
    assert 0 < found["limit"]["one line"]["reached_of_broker_share"] < 1


@takes_long
def test_growth_is_measured_on_a_platform_of_its_own(tmp_path: Path) -> None:
    found = bench(tmp_path, "growth", "--orders", 200, "--seconds", 0.5, "--clients", 4)

    figures = found["growth"]["200 orders"]
    assert figures["confirmed_per_second"] > 0
    assert figures["statements_per_order"] > 5


@takes_long
def test_divided_stock_is_measured_with_the_costs_of_all_its_databases(tmp_path: Path) -> None:
    name = "2 stock databases, 2 replicas, 128 clients"
    found = bench(tmp_path, "layouts", "--only", name, "--seconds", 1)

    figures = found["layouts"][name]
    assert (figures["unconfirmed"], figures["confirmed_per_second"] > 0) == (0, True)
    assert {"inventory", "PostgreSQL of inventory", "PostgreSQL of orders"} <= set(
        figures["cpu_seconds_per_order_by_component"]
    )
    assert "predicted_per_second" not in figures  # nothing to predict it from was measured


@takes_long
@pytest.mark.parametrize("arguments", [[], ["reads", "--only", "order by id", "--clients", 1]])
def test_a_platform_that_was_started_to_be_measured_is_stopped_when_asked(
    tmp_path: Path, arguments: list[object]
) -> None:
    with short_folder() as folder:
        started = ["--data", folder / "data", "--port-base", free_port_base()]

        result = waybill("bench", *arguments, "--seconds", 0.5, *started, "--exit")

        assert result.exit_code == 0, result.output
        with pytest.raises(NotRunningError):
            Platform.load(folder / "data")
        remove_home(folder / "data")


@takes_long
def test_orders_with_open_access_and_with_tokens_are_measured_in_one_run(tmp_path: Path) -> None:
    ports = ("--port-base", free_port_base())
    found = bench(tmp_path, "tokens", "--seconds", 0.5, "--clients", 4, *ports)["tokens"]

    assert set(found) == {
        f"{access}, {route}, 4 clients"
        for access in ("open", "tokens")
        for route in ("straight", "gateway")
    }
    assert all(figures["unconfirmed"] == 0 for figures in found.values())


@takes_long
def test_orders_with_and_without_traces_are_measured_in_one_run(tmp_path: Path) -> None:
    ports = ("--port-base", free_port_base())
    found = bench(tmp_path, "traces", "--seconds", 0.5, "--clients", 4, *ports)["traces"]

    assert set(found) == {f"{share}, 4 clients" for share in ("off", "10 % sampled", "all sampled")}
    assert all(figures["unconfirmed"] == 0 for figures in found.values())


@takes_long
def test_a_warm_start_and_idle_memory_are_measured(tmp_path: Path) -> None:
    start = bench(tmp_path, "start", "--only", "warm")["start"]["warm"]
    memory = bench(tmp_path, "memory", "--only", "idle", "--seconds", 0.5)["memory"]["idle"]

    assert 0 < start["ready_seconds"] < start["first_confirmed_seconds"]
    assert memory["pss_bytes"] == pytest.approx(sum(memory["pss_bytes_by_process"].values()), 0.01)


async def test_orders_that_are_loaded_pass_the_audit(platform: Platform) -> None:
    client = Place(platform, one_line()).client()
    await one_line().stock(client)
    client.close()

    await load_orders(platform, Bulk(first=1, last=20, total=20))

    report = await audit_when_settled(platform)
    assert report.is_ok, report.to_json()


def test_a_short_soak_judges_memory_tables_and_lag(platform: Platform, tmp_path: Path) -> None:
    file = tmp_path / "soak.json"

    result = waybill(
        "soak", "--minutes", 0.06, "--rate", 5, "--data", platform.folder, "--output", file
    )

    found = json.loads(file.read_text("utf-8"))
    assert found["orders_unconfirmed"] == 0, result.output
    assert found["retention_wrong"] is None  # the run was too short
    judged = {verdict["what"] for verdict in found["verdicts"]}
    assert {"memory of orders, rise", "descriptors of postgres, rise"} <= judged
    assert "size of inventory.public.stock, rise" in judged


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bench", "no-such-scenario"], "unknown scenario no-such-scenario"),
        (["bench", "--only", "x"], "need a scenario"),
        (["bench", "reads", "--compare", "/nowhere.json"], "is not a result"),
    ],
)
def test_a_wrong_question_is_refused_before_anything_is_measured(
    arguments: list[str], said: str
) -> None:
    result = waybill(*arguments)

    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())
