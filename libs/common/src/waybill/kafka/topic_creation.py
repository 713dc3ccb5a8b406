"""Creates topics: with as many replicas as it takes to survive the loss of a node.

Three replicas are asked for first. A cluster with fewer nodes refuses that, and is then asked for
one on each node. Nodes that answer are not counted in the first place: while one of three is away,
a topic would get two replicas for good. Kafka also places replicas on nodes that are away.

Kafka deletes whole segments, by the time of their last record. Its default begins a new segment
each week. A record would then be kept for a week longer than the retention of its topic, and an
inbox could have forgotten it (see `waybill.postgres.retention`). So a segment ends after a day.
"""

from collections.abc import Sequence
from typing import Final

from aiokafka.errors import for_code  # type: ignore[import-untyped]
from aiokafka.protocol.admin import CreateTopicsRequest  # type: ignore[import-untyped]

from waybill.events import Topic
from waybill.kafka.connecting import REQUEST_TIMEOUT_MS
from waybill.kafka.errors import BrokerRefusedError, refusal_of
from waybill.kafka.nodes import Nodes

HOUR_MS: Final = 3_600_000
REPLICATION_MAX: Final = 3
SEGMENT_HOURS_MAX: Final = 24
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
    settings = [(each, list(topic_settings(each, replication).items())) for each in topics]
    wanted: list[object] = [
        (prefix + topic.name, topic.partitions, replication, [], config)
        for topic, config in settings
    ]
    request = CreateTopicsRequest(wanted, REQUEST_TIMEOUT_MS, validate_only=False)
    return {name: error for name, error, *_ in (await nodes.ask_any(request)).topic_errors}


def topic_settings(topic: Topic, replication: int) -> dict[str, str]:
    """Return the settings of a new topic with so many replicas."""
    segment_hours = min(topic.retention_hours, SEGMENT_HOURS_MAX)
    settings = {
        "retention.ms": str(topic.retention_hours * HOUR_MS),
        "segment.ms": str(segment_hours * HOUR_MS),
    }
    if replication == REPLICATION_MAX:
        # With three replicas an acknowledged record survives the loss of one node.
        settings["min.insync.replicas"] = "2"
    return settings
