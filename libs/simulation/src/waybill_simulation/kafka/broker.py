"""The broker: topics with their logs, and consumer groups."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aiokafka.record.memory_records import MemoryRecords  # type: ignore[import-untyped]

from waybill.events import Topic
from waybill.kafka.errors import BrokerUnavailableError
from waybill.kafka.partitions import Chunk, Partition
from waybill.kafka.record_batches import Record
from waybill_simulation.kafka.groups import Group
from waybill_simulation.network import Network


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
    members: list[Any] = field(default_factory=list)
    """Connected clients and members of groups, for injected faults."""
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
                        [(name, value or b"") for name, value in record.headers],
                        record.value,
                    )
                )
        self._wake_waiting()
        return first

    def fetch(
        self, starts: Mapping[Partition, int], most: int
    ) -> dict[Partition, Chunk | None] | BrokerUnavailableError:
        """Return records from these offsets on; None where the log does not have the offset."""
        chunks: dict[Partition, Chunk | None] = {}
        for partition, start in starts.items():
            log = self.logs.get(partition.topic)
            if log is None:
                return BrokerUnavailableError("UnknownTopicOrPartition")
            records = log.partitions[partition.number][start : start + most]
            if start > len(log.partitions[partition.number]):
                chunks[partition] = None
            elif records:
                most -= len(records)
                chunks[partition] = Chunk(start, start + len(records), records)
        return chunks

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
