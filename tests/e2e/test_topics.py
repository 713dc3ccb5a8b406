"""`waybill topics` against a running Kafka: the embedded broker has none of its admin requests."""

import json
import os
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from waybill_toolkit.cli import build
from waybill_toolkit.platform.broker_kind import BrokerKind
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.testing.plugin import TESTED_BROKER

pytestmark = pytest.mark.skipif(
    os.environ.get(TESTED_BROKER) != BrokerKind.KAFKA,
    reason=f"needs Apache Kafka: set {TESTED_BROKER}=kafka",
)


@pytest.fixture(scope="module")
def own_platform() -> Iterator[Platform]:
    """Run a platform whose topics this test changes."""
    with short_folder() as folder:
        services = tree_root() / "services"
        plan = Plan.of(folder / "data", services, free_port_base(), broker=BrokerKind.KAFKA)
        with running(plan) as platform:
            yield platform


def topics(platform: Platform, *arguments: str) -> tuple[int, list[dict[str, str | None]]]:
    command = ["topics", *arguments, "--json", "--data", str(platform.folder)]
    done = CliRunner().invoke(build(), command)
    return done.exit_code, json.loads(done.stdout)


def test_topics_of_one_partition_get_those_of_the_contract_when_it_is_allowed(
    own_platform: Platform,
) -> None:
    status, planned = topics(own_platform, "plan", "--acls")
    assert {each["change"] for each in planned} == {"add partitions"}, planned
    assert all("--add-partitions" in str(each["refusal"]) for each in planned)
    assert status == 2
    assert topics(own_platform, "apply")[0] == 2
    assert topics(own_platform, "apply", "--add-partitions")[0] == 0
    assert topics(own_platform, "plan", "--acls") == (0, [])
