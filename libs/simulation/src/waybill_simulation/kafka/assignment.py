"""The partitions that a simulated consumer is assigned, and its position in each."""

from collections.abc import Iterable, Mapping

from aiokafka import TopicPartition  # type: ignore[import-untyped]

from waybill.kafka.link import CommittedOffset
from waybill_simulation.kafka.broker import Broker, Record


class Assignment:
    """Keeps the positions when the connection is lost, as aiokafka does."""

    def __init__(self) -> None:
        self.partitions: list[TopicPartition] = []
        self.paused: set[TopicPartition] = set()
        self._positions: dict[TopicPartition, int] = {}

    def replace(
        self,
        partitions: Iterable[TopicPartition],
        committed: Mapping[TopicPartition, CommittedOffset],
    ) -> None:
        """Take these partitions from their committed offsets, or from the beginning."""
        self.partitions = list(partitions)
        self.paused.clear()
        self._positions = {
            each: committed[each].offset if each in committed else 0 for each in self.partitions
        }

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._positions[partition] = offset

    def rewind(self, records: int) -> None:
        """Move every position back by a number of records, but not below 0."""
        for partition, position in self._positions.items():
            self._positions[partition] = max(0, position - records)

    def fetch(self, broker: Broker, max_records: int) -> dict[TopicPartition, list[Record]]:
        """Read from the partitions that are not paused, and advance their positions."""
        found: dict[TopicPartition, list[Record]] = {}
        for partition in self.partitions:
            if partition in self.paused or not max_records:
                continue
            position = self._positions.get(partition, 0)
            if position > broker.end(partition):
                position = self._positions[partition] = 0  # auto_offset_reset="earliest"
            records = broker.read(partition, position, max_records)
            if records:
                max_records -= len(records)
                found[partition] = records
                self._positions[partition] = position + len(records)
        return found
