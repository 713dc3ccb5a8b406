"""`waybill guards` prints what the gateway enforces."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from waybill_toolkit.contracts.guards.commands import app

ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for name in ("WAYBILL_ACCESS", "WAYBILL_RATE_LIMIT_FACTOR"):
        monkeypatch.delenv(name, raising=False)


def test_every_operation_has_a_row() -> None:
    rows = {each["operation"]: each for each in json.loads(_run("--json"))}

    contract = json.loads(
        (ROOT / "services/gateway/src/gateway/contract/openapi.json").read_text("utf-8")
    )
    methods = {"get", "put", "post", "patch", "delete"}
    operations = [
        each for item in contract["paths"].values() for key, each in item.items() if key in methods
    ]
    assert rows.keys() == {each["operationId"] for each in operations}
    assert rows["place_order"] | {"path": "", "quota": 0} == {
        "operation": "place_order",
        "method": "POST",
        "path": "",
        "service": "orders",
        "security": "bearer",
        "scopes": ["orders:write"],
        "owner": "customer_ref",
        "limit": "write",
        "cost": 5,
        "quota": 0,
        "window_seconds": 60,
        "body_limit_bytes": 262_144,
        "body_seconds": 30.0,
        "answer_seconds": 40.0,
    }


def test_settings_change_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    [before] = [each for each in json.loads(_run("--json")) if each["operation"] == "get_order"]
    monkeypatch.setenv("WAYBILL_RATE_LIMIT_FACTOR", "2")
    [after] = [each for each in json.loads(_run("--json")) if each["operation"] == "get_order"]

    assert after["quota"] == 2 * before["quota"]


def test_a_wrong_setting_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYBILL_RATE_LIMIT_FACTOR", "-1")
    result = CliRunner().invoke(app, [])

    assert result.exit_code == 1
    assert result.stderr.startswith("WAYBILL_RATE_LIMIT_FACTOR is wrong: ")
    assert "Traceback" not in result.output


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout
