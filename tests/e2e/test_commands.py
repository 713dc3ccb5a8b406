"""Commands on the whole platform."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from waybill_toolkit.cli import build
from waybill_toolkit.operations.workload.history import HEADER
from waybill_toolkit.platform.errors import NotRunningError
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.plan import free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder

DEAD_LETTER = """
    insert into dead_letters (event_id, type, topic, partition, "offset", key, header_names,
        header_values, value, error, attempts, state, due_at, parked_at)
    values ('00000000-0000-7000-8000-000000000001', 'some.type', 'some.topic', 0, 0, 'key', '{}',
        '{}', '{}', 'planted', 1, 'dead', now(), now())
"""


def waybill(*arguments: object) -> Result:
    return CliRunner().invoke(build(), [str(argument) for argument in arguments])


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


def test_a_demo_ends_in_order_as_often_as_it_is_run(platform: Platform, tmp_path: Path) -> None:
    for _ in range(2):
        result = waybill(
            "demo", "--orders", 40, "--data", platform.folder, "--output", tmp_path / "demo.json"
        )

        assert result.exit_code == 0, result.output
        figures = read(tmp_path / "demo.json")
        assert figures["audit_ok"] is True
        assert (figures["placed"], figures["in_flight"]) == (40, 0)
        assert figures["rejected_payment"] == 4
        assert figures["rejected_out_of_stock"] == 3  # of four orders for the limited edition
        assert figures["confirmed"] == 33
        for name in ("accept_ms_p50", "accept_ms_p99", "confirm_ms_p50", "confirm_ms_p99"):
            assert figures[name] > 0


def test_a_demo_starts_the_platform_and_stops_it_with_exit(
    tmp_path: Path,
) -> None:
    with short_folder() as folder:
        data = folder / "data"
        result = waybill(
            "demo", "--orders", 10, "--exit", "--output", tmp_path / "demo.json",
            "--data", data, "--port-base", free_port_base(),
        )  # fmt: skip

        assert result.exit_code == 0, result.output
        assert read(tmp_path / "demo.json")["placed"] == 10
        with pytest.raises(NotRunningError):
            Platform.load(data)
        remove_home(data)


def test_nothing_is_placed_twice_when_a_history_is_replayed_again(
    platform: Platform, history_file: Path, tmp_path: Path
) -> None:
    command = (
        "replay", history_file, "--orders", 40, "--data", platform.folder,
        "--output", tmp_path / "replay.json",
    )  # fmt: skip

    first = waybill(*command)
    assert first.exit_code == 0, first.output
    figures = read(tmp_path / "replay.json")
    assert (figures["placed"], figures["already_there"], figures["confirmed"]) == (40, 0, 40)

    second = waybill(*command)
    assert second.exit_code == 0, second.output
    figures = read(tmp_path / "replay.json")
    assert (figures["placed"], figures["already_there"], figures["confirmed"]) == (0, 40, 40)


def test_the_other_orders_are_placed_when_a_row_of_a_history_is_broken(
    platform: Platform, make_history: Callable[[str, int], Path], tmp_path: Path
) -> None:
    history = make_history("BROKEN", 3)
    with history.open("a", encoding="utf-8") as file:
        file.write("BROKEN-0002,2010-12-01T08:26:00Z,17850,BROKEN-1,,-4,255,GBP\n")
    line_count = len(history.read_text("utf-8").splitlines())

    result = waybill(
        "replay", history, "--data", platform.folder, "--output", tmp_path / "replay.json"
    )

    assert result.exit_code == 1
    assert f"Line {line_count} is invalid: quantity is '-4', not from 1 to 10000." in result.output
    figures = read(tmp_path / "replay.json")
    assert (figures["placed"], figures["confirmed"], figures["audit_ok"]) == (2, 2, True)
    assert [row["order_ref"] for row in figures["broken_rows"]] == ["BROKEN-0002"]


def test_an_order_is_reported_when_the_services_refuse_it(
    platform: Platform, tmp_path: Path
) -> None:
    history = tmp_path / "orders.csv"
    time = "2010-12-01T08:26:00Z"
    history.write_text(
        f"{HEADER}\nREFUSED-1,{time},c,REFUSED-A,,1,100,GBP\n"
        f"REFUSED-2,{time},c,REFUSED-A,,1,100,EUR\nREFUSED-3,{time},c,REFUSED-A,,1,100,GBP\n"
    )

    result = waybill(
        "replay", history, "--data", platform.folder, "--output", tmp_path / "replay.json"
    )

    assert result.exit_code == 1
    figures = read(tmp_path / "replay.json")
    assert (figures["placed"], figures["refused"], figures["audit_ok"]) == (2, 1, True)
    assert figures["refusals"][0]["order_ref"] == "REFUSED-2"
    assert "currency-mismatch" in figures["refusals"][0]["reason"]


def test_an_audit_says_that_all_is_well_when_it_is(platform: Platform) -> None:
    result = waybill("audit", "--json", "--data", platform.folder)

    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["ok"] is True


async def _execute(platform: Platform, service: str, sql: str) -> None:
    connection = await asyncpg.connect(platform.database_url(service))
    await connection.execute(sql)
    await connection.close()


async def test_an_audit_shows_the_rows_when_an_invariant_is_broken(platform: Platform) -> None:
    await _execute(platform, "catalog", DEAD_LETTER)
    try:
        result = await asyncio.to_thread(waybill, "audit", "--data", platform.folder)
    finally:
        await _execute(platform, "catalog", "delete from dead_letters where error = 'planted'")

    assert result.exit_code == 1
    assert "✗ no-dead-letters" in result.output
    assert '"database": "catalog"' in result.output
    assert "Audit: 1 of 24 invariants are violated." in result.output


def test_a_bench_counts_confirmed_orders(platform: Platform, tmp_path: Path) -> None:
    result = waybill(
        "bench", "--seconds", 1, "--clients", 4, "--data", platform.folder,
        "--output", tmp_path / "bench.json",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    figures = read(tmp_path / "bench.json")
    assert figures["confirmed"] > 0
    assert figures["unconfirmed"] == 0
    assert figures["conditions"]["clients"] == 4
