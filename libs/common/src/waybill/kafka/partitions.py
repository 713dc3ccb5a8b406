"""Partitions: where they are, and what is read from them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from waybill.kafka.errors import UnreadableBatchError
from waybill.kafka.record_batches import Record

Value = TypeVar("Value")

ByTopic: TypeAlias = list[tuple[str, list[tuple[int, Value]]]]
"""Values of partitions, as Kafka's requests need them: topic -> partition -> value."""


class Partition(NamedTuple):
    """A partition of a topic: one log."""

    topic: str
    number: int


class CommittedOffset(NamedTuple):
    """The offset that a group committed for a partition, and the metadata of that commit."""

    offset: int
    metadata: str


class Chunk(NamedTuple):
    """Records that follow each other in a log."""

    start: int
    """The offset that was asked for."""
    end: int
    """The offset to continue at."""
    records: list[Record]
    unreadable: UnreadableBatchError | None = None
    """Why there are no records, although the log goes on at `end`."""


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic on the broker; `leaders` holds the leader node of each partition."""

    topic_id: UUID
    leaders: tuple[int, ...]


def by_leader(
    values: Mapping[Partition, Value], states: Mapping[str, TopicState], prefix: str = ""
) -> dict[int, ByTopic[Value]]:
    """Group values by the node that leads their partition; add a prefix to the topics."""
    nodes: defaultdict[int, defaultdict[str, list[tuple[int, Value]]]]
    nodes = defaultdict(lambda: defaultdict(list))
    for (topic, number), value in values.items():
        nodes[states[topic].leaders[number]][prefix + topic].append((number, value))
    return {node: list(topics.items()) for node, topics in nodes.items()}
