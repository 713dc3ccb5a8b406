"""Creates topics: with as many replicas as it takes to survive the loss of a node.

Three replicas are asked for first. A cluster with fewer nodes refuses that, and is then asked for
one on each node. Nodes that answer are not counted in the first place: while one of three is away,
a topic would get two replicas for good. Kafka also places replicas on nodes that are away.
"""

from collections.abc import Sequence
from typing import Final

from aiokafka.errors import for_code  # type: ignore[import-untyped]
from aiokafka.protocol.admin import CreateTopicsRequest  # type: ignore[import-untyped]

from waybill.events import Topic
from waybill.kafka.connecting import REQUEST_TIMEOUT_MS
from waybill.kafka.errors import BrokerRefusedError, refusal_of
from waybill.kafka.nodes import Nodes

REPLICATION_MAX: Final = 3
EXISTS: Final = 36
INVALID_REPLICATION_FACTOR: Final = 38


async def create_topics(nodes: Nodes, topics: Sequence[Topic], prefix: str) -> None:
    """Create topics whose names begin with `prefix`; those that exist already stay unchanged.

    Raises BrokerUnavailableError, BrokerRefusedError.
    """
    answers = await _asked(nodes, topics, prefix, REPLICATION_MAX)
    refused = [
        topic for topic in topics if answers.get(prefix + topic.name) == INVALID_REPLICATION_FACTOR
    ]
    if refused:
        replication = min(REPLICATION_MAX, len(nodes))
        answers |= await _asked(nodes, refused, prefix, replication)
    for name, error in answers.items():
        if error not in {0, EXISTS}:
            kind = for_code(error)
            reason = refusal_of(kind()) or kind.__name__
            raise BrokerRefusedError(f"topic {name} cannot be created: {reason}")


async def _asked(
    nodes: Nodes, topics: Sequence[Topic], prefix: str, replication: int
) -> dict[str, int]:
    """Ask for topics with so many replicas; returns the error code of each."""
    wanted: list[object] = [
        (prefix + topic.name, topic.partitions, replication, [], _config(topic, replication))
        for topic in topics
    ]
    request = CreateTopicsRequest(wanted, REQUEST_TIMEOUT_MS, validate_only=False)
    return {name: error for name, error, *_ in (await nodes.ask_any(request)).topic_errors}


def _config(topic: Topic, replication: int) -> list[tuple[str, str]]:
    config = [("retention.ms", str(topic.retention_hours * 3_600_000))]
    if replication == REPLICATION_MAX:
        # With three replicas an acknowledged record survives the loss of one node.
        config.append(("min.insync.replicas", "2"))
    return config
