"""How topics are created: replicas and retention."""

from collections.abc import Sequence
from typing import Final

from aiokafka.protocol.admin import CreateTopicsRequest  # type: ignore[import-untyped]

from waybill.events import Topic

REPLICATION_MAX: Final = 3


def creation(
    topics: Sequence[Topic], prefix: str, nodes: int, timeout_ms: int
) -> CreateTopicsRequest:
    """Return a request for topics whose names begin with `prefix`, on a cluster of `nodes`."""
    replication = min(REPLICATION_MAX, nodes)
    wanted: list[object] = [
        (prefix + topic.name, topic.partitions, replication, [], _topic_config(topic, replication))
        for topic in topics
    ]
    return CreateTopicsRequest(wanted, timeout_ms, validate_only=False)


def _topic_config(topic: Topic, replication: int) -> list[tuple[str, str]]:
    config = [("retention.ms", str(topic.retention_hours * 3_600_000))]
    if replication == REPLICATION_MAX:
        # With three replicas an acknowledged record survives the loss of one node.
        config.append(("min.insync.replicas", "2"))
    return config
