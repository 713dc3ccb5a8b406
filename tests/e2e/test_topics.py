"""`waybill topics` against a running Kafka: the embedded broker has no admin requests for it."""

import json

import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.platform.broker_kind import BrokerKind
from waybill_toolkit.platform.handle import Platform


def topics(platform: Platform, *arguments: str) -> tuple[int, list[dict[str, str | None]]]:
    command = ["topics", *arguments, "--json", "--data", str(platform.folder)]
    done = CliRunner().invoke(build(), command)
    return done.exit_code, json.loads(done.stdout)


def test_topics_of_one_partition_get_those_of_the_contract_when_it_is_allowed(
    platform: Platform,
) -> None:
    if platform.plan().broker is not BrokerKind.KAFKA:
        pytest.skip("needs Apache Kafka: WAYBILL_TEST_BROKER=kafka")
    status, planned = topics(platform, "plan", "--acls")
    assert status == 2
    assert {each["change"] for each in planned} == {"add partitions"}
    assert all("--add-partitions" in str(each["refusal"]) for each in planned)
    assert topics(platform, "apply")[0] == 2
    assert topics(platform, "apply", "--add-partitions")[0] == 0
    assert topics(platform, "plan", "--acls") == (0, [])
