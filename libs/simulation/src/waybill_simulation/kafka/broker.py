"""The broker: topics with their logs, and consumer groups."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka import TopicPartition  # type: ignore[import-untyped]
from aiokafka.record.memory_records import MemoryRecords  # type: ignore[import-untyped]

from waybill.events import Topic
from waybill.kafka.link import Partition
from waybill_simulation.kafka.groups import Group
from waybill_simulation.network import Network


class Record(NamedTuple):
    """The fields of an aiokafka record that the runtime reads."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    value: bytes | None


@dataclass
class Log:
    """A topic on the broker. A topic that was lost and created again has a new id."""

    topic_id: UUID
    partitions: list[list[Record]]


@dataclass
class Broker:
    """A broker of one node, in memory."""

    network: Network
    logs: dict[str, Log] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    is_up: bool = True
    era: int = 0
    """The number of restarts. A restart closes all connections."""
    refusals: int = 0
    """The number of batches still to be refused, as during a change of the partition leader."""
    links: list[Any] = field(default_factory=list)
    consumers: list[Any] = field(default_factory=list)
    """Connected clients, for injected faults."""
    waiting: list[Callable[[], None]] = field(default_factory=list)

    def create(self, topics: Sequence[Topic]) -> None:
        """Create the topics that do not exist."""
        for topic in topics:
            if topic.name not in self.logs:
                topic_id = UUID(int=self.network.random.getrandbits(128))
                self.logs[topic.name] = Log(topic_id, [[] for _ in range(topic.partitions)])
        self._wake_waiting()

    def append(self, partition: Partition, batch: bytes) -> int:
        """Append a batch; returns the offset of its first record."""
        log = self.logs[partition.topic].partitions[partition.number]
        first = len(log)
        records = MemoryRecords(batch)
        while records.has_next():
            for record in records.next_batch():
                log.append(
                    Record(
                        partition.topic,
                        partition.number,
                        len(log),
                        record.key,
                        tuple(record.headers),
                        record.value,
                    )
                )
        self._wake_waiting()
        return first

    def read(self, partition: TopicPartition, offset: int, most: int) -> list[Record] | None:
        """Return records; None when the partition does not exist."""
        log = self.logs.get(partition.topic)
        if log is None or partition.partition >= len(log.partitions):
            return None
        return log.partitions[partition.partition][offset : offset + most]

    def end(self, partition: TopicPartition) -> int:
        """Return the end offset of a log; 0 when it does not exist."""
        log = self.logs.get(partition.topic)
        return len(log.partitions[partition.partition]) if log else 0

    def group(self, name: str) -> Group:
        if name not in self.groups:
            self.groups[name] = Group(self.network, self._partitions)
        return self.groups[name]

    def _partitions(self, topic: str) -> int:
        log = self.logs.get(topic)
        return len(log.partitions) if log else 0

    def stop(self, *, forget: bool) -> None:
        """Break all connections; with `forget`, lose every log and all offsets."""
        self.is_up = False
        self.era += 1
        for group in self.groups.values():
            group.lose_members()
            if forget:
                group.offsets.clear()
        if forget:
            self.logs.clear()
        self._wake_waiting()

    def start(self) -> None:
        self.is_up = True
        self._wake_waiting()

    def _wake_waiting(self) -> None:
        waiting, self.waiting = self.waiting, []
        for wake in waiting:
            wake()
