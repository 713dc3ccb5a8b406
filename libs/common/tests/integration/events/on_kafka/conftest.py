"""Apache Kafka as others run it: with permissions, tokens, and three nodes."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from waybill_toolkit.platform.broker_kind import BrokerKind
from waybill_toolkit.testing.kafka_cluster import KafkaCluster, kafka_cluster
from waybill_toolkit.testing.plugin import TESTED_BROKER


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These start clusters of their own, which needs Java."""
    if os.environ.get(TESTED_BROKER) == BrokerKind.KAFKA:
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="needs Java: make test-kafka-events"))


@pytest.fixture(scope="module")
def three_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """Run three nodes. They close idle connections, and move leaders back soon."""
    others = {
        "connections.max.idle.ms": "12000",
        "leader.imbalance.check.interval.seconds": "2",
        "leader.imbalance.per.broker.percentage": "0",
        # A record with an old timestamp is lost at once then, not only where a test takes 30 s.
        "log.initial.task.delay.ms": "0",
        "log.retention.check.interval.ms": "1000",
    }
    with kafka_cluster(tmp_path_factory.mktemp("kafka"), 3, others=others) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def _collect_after_a_refusal() -> Iterator[None]:
    """See test_refusals.py of the embedded broker: cpython#106905."""
    yield
    gc.collect()
