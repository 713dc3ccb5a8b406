"""Commands on the whole platform."""

import asyncio
import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from joserfc.jwk import ECKey
from typer.testing import CliRunner, Result

from waybill.clock import SystemClock
from waybill.postgres import Database
from waybill.security_log import record
from waybill.security_log.heads import HeadKey, HeadWriter
from waybill_toolkit.cli import build
from waybill_toolkit.operations.audit.invariants import INVARIANTS
from waybill_toolkit.platform.errors import NotRunningError
from waybill_toolkit.platform.handle import Platform
from waybill_toolkit.platform.plan import free_port_base
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.testing.eventually import eventually

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
    assert f"Audit: 1 of {len(INVARIANTS)} invariants are violated." in result.output


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


async def _sign_an_act(platform: Platform, heads: Path, key: HeadKey) -> None:
    """Act in catalog, wait until its chainer has found the act, and sign its head."""
    database = await Database.open(platform.database_url("catalog"))
    async with database.transaction() as tx:
        await record(tx, "door.opened")
    await eventually(
        "a head", HeadWriter(database, "catalog", heads, key, SystemClock()).write, bool
    )
    await database.close()


async def test_an_audit_compares_security_logs_with_their_signed_heads(
    platform: Platform, tmp_path: Path
) -> None:
    heads, key = tmp_path / "heads", tmp_path / "heads.pem"
    pem = ECKey.generate_key("P-256").as_pem(private=True)
    await asyncio.to_thread(key.write_bytes, pem)
    await _sign_an_act(platform, heads, HeadKey(pem))
    arguments = ("audit", "--heads", heads, "--head-key", key, "--data", platform.folder)

    result = await asyncio.to_thread(waybill, *arguments)
    assert result.exit_code == 0, result.output
    assert "The security logs are as their signed heads say." in result.output

    await asyncio.to_thread(heads.write_text, "forged\n")
    result = await asyncio.to_thread(waybill, *arguments)
    assert result.exit_code == 1
    assert "line 1 of" in result.output


def test_an_audit_with_heads_needs_their_key(platform: Platform, tmp_path: Path) -> None:
    result = waybill("audit", "--heads", tmp_path / "heads", "--data", platform.folder)

    assert result.exit_code == 1
    assert "Give both --heads and --head-key." in result.output
