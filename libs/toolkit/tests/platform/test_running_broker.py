"""`waybill up --broker HOST:PORT`: what is accepted, and what services get."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.platform.broker_kind import BrokerKind, RunningBroker, broker_of
from waybill_toolkit.platform.errors import PlatformError
from waybill_toolkit.platform.plan import Plan
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.running_broker import security_in_environment
from waybill_toolkit.platform.service_variables import variables_of
from waybill_toolkit.platform.source_tree import tree_root

SERVERS = "kafka-1:9092,kafka-2:9092"


def test_broker_is_a_kind_or_addresses() -> None:
    assert broker_of("kafka") is BrokerKind.KAFKA
    assert broker_of(SERVERS) == RunningBroker(SERVERS)


@pytest.mark.parametrize("choice", ["redpanda", "kafka-1", ":9092", "kafka:port", "a:1,b"])
def test_what_is_neither_is_refused(choice: str) -> None:
    with pytest.raises(PlatformError, match="write embedded, kafka, or HOST:PORT"):
        broker_of(choice)


def test_services_get_the_addresses_and_nothing_that_only_our_brokers_allow(
    tmp_path: Path,
) -> None:
    plan = Plan.of(tmp_path, tree_root() / "services", 7400, broker=RunningBroker(SERVERS))
    assert Plan.from_json(plan.to_json()) == plan
    assert "broker" not in plan.ports()
    for service in plan.services:
        found = {name for name in variables_of(plan, service) if "KAFKA" in name}
        assert found == {"WAYBILL_KAFKA_BOOTSTRAP_SERVERS"}


def test_broker_that_is_away_is_reported_before_anything_starts(tmp_path: Path) -> None:
    choice = f"127.0.0.1:{free_port()}"
    arguments = ["up", "--broker", choice, "--data", str(tmp_path / "data")]
    result = CliRunner().invoke(build(), arguments)
    assert result.exit_code == 1
    assert f"--broker {choice} cannot be used: no broker responds" in result.output.replace(
        "\n", " "
    )
    assert not (tmp_path / "data").exists()


def test_commands_take_the_other_settings_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WAYBILL_KAFKA_PREFIX", "staging.")
    assert security_in_environment(SERVERS).prefix == "staging."
    monkeypatch.setenv("WAYBILL_KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    with pytest.raises(PlatformError, match="set WAYBILL_KAFKA_SASL_USERNAME"):
        security_in_environment(SERVERS)
