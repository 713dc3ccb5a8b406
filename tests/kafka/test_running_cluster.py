"""`waybill up --broker HOST:PORT`: three nodes, one of which is killed under load."""

import asyncio
import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from waybill.kafka.link import BrokerLink
from waybill_toolkit.cli import build
from waybill_toolkit.platform.access import with_access
from waybill_toolkit.platform.broker_kind import RunningBroker
from waybill_toolkit.platform.handle import Platform, running
from waybill_toolkit.platform.identity import AccessMode
from waybill_toolkit.platform.plan import Plan, free_port_base
from waybill_toolkit.platform.ports import free_port
from waybill_toolkit.platform.postgres_home import remove_home
from waybill_toolkit.platform.short_folder import short_folder
from waybill_toolkit.platform.source_tree import tree_root
from waybill_toolkit.testing.kafka_cluster import KafkaCluster, kafka_cluster

PREFIX = "staging."
ORDERS = 300


def waybill(*arguments: object) -> Result:
    return CliRunner().invoke(build(), [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    with kafka_cluster(tmp_path_factory.mktemp("kafka"), 3) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def shared_platform(cluster: KafkaCluster) -> Iterator[Platform]:
    """Run a platform whose names begin with a prefix on the cluster."""
    with pytest.MonkeyPatch.context() as environment, short_folder() as folder:
        environment.setenv("WAYBILL_KAFKA_PREFIX", PREFIX)
        plan = Plan.of(
            folder / "data",
            tree_root() / "services",
            free_port_base(),
            broker=RunningBroker(cluster.bootstrap_servers),
        )
        with running(with_access(plan, AccessMode.OPEN)) as platform:
            yield platform
        remove_home(plan.data)


def test_orders_are_complete_when_a_node_is_killed(
    cluster: KafkaCluster, shared_platform: Platform, tmp_path: Path
) -> None:
    node = cluster.nodes[2]
    killing = threading.Timer(3, node.stop, [signal.SIGKILL])
    killing.start()
    data, output = shared_platform.folder, tmp_path / "demo.json"

    result = waybill("demo", "--orders", ORDERS, "--data", data, "--output", output)

    killing.join()
    assert result.exit_code == 0, result.output
    figures: dict[str, Any] = json.loads(output.read_text("utf-8"))
    assert (figures["audit_ok"], figures["placed"], figures["in_flight"]) == (True, ORDERS, 0)
    assert waybill("audit", "--data", data).exit_code == 0


async def test_names_on_the_cluster_begin_with_the_prefix(
    cluster: KafkaCluster, shared_platform: Platform
) -> None:
    about = ("--topic", "orders.order-events.v1", "--json", "--data", shared_platform.folder)
    result = await asyncio.to_thread(waybill, "events", *about)
    assert result.exit_code == 0, result.output
    assert json.loads(result.output.splitlines()[0])["topic"] == "orders.order-events.v1"
    link = await BrokerLink.open(cluster.bootstrap_servers)
    names = ["orders.order-events.v1", f"{PREFIX}orders.order-events.v1"]
    assert set(await link.topics(names)) == {names[1]}
    await link.close()


@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        ("redpanda", "write embedded, kafka, or HOST:PORT"),
        (f"127.0.0.1:{free_port()}", "cannot be used: no broker responds"),
    ],
)
def test_broker_that_cannot_be_used_is_refused_at_once(
    tmp_path: Path, choice: str, reason: str
) -> None:
    result = waybill("up", "--broker", choice, "--data", tmp_path / "data")
    assert result.exit_code == 1
    assert reason in " ".join(result.output.split())
