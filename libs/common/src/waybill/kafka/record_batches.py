"""Record batches in the format that Kafka stores (message format 2)."""

from typing import Final, NamedTuple

from aiokafka.partitioner import murmur2  # type: ignore[import-untyped]
from aiokafka.record.default_records import (  # type: ignore[import-untyped]
    DefaultRecordBatchBuilder,
)
from aiokafka.record.memory_records import MemoryRecords  # type: ignore[import-untyped]

from waybill.events import Headers
from waybill.kafka.errors import UnreadableBatchError

# Kafka refuses batches above 1,048,588 bytes (message.max.bytes).
BATCH_BYTES_MAX: Final = 1_040_000

_MAGIC: Final = 2
_NO_COMPRESSION: Final = 0
_NO_PRODUCER: Final = -1


class Record(NamedTuple):
    """A record of a log."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Headers
    value: bytes | None


def read_records(
    topic: str, partition: int, batches: bytes, start: int, records_max: int
) -> tuple[list[Record], int]:
    """Return the records from the offset `start` on, and the offset after the last one.

    The first batch may begin before `start`: Kafka returns batches whole. Raises
    UnreadableBatchError.
    """
    records: list[Record] = []
    end = start
    unread = MemoryRecords(batches)
    while unread.has_next() and len(records) < records_max:
        batch = unread.next_batch()
        if not batch.validate_crc():
            raise UnreadableBatchError(f"{topic}/{partition}: the checksum of a batch is wrong")
        for record in () if batch.is_control_batch else batch:
            if record.offset >= start:
                headers = [(name, value or b"") for name, value in record.headers]
                end = record.offset + 1
                records.append(
                    Record(topic, partition, record.offset, record.key, headers, record.value)
                )
                if len(records) == records_max:
                    return records, end
        end = max(end, batch.next_offset)
    return records, end


class RecordBatch:
    """A batch for one partition: appended whole or not at all."""

    def __init__(self) -> None:
        self._builder = DefaultRecordBatchBuilder(
            _MAGIC, _NO_COMPRESSION, 0, _NO_PRODUCER, _NO_PRODUCER, _NO_PRODUCER, BATCH_BYTES_MAX
        )
        self.positions: list[int] = []

    def append(
        self, position: int, key: bytes, value: bytes, headers: Headers, timestamp_ms: int
    ) -> bool:
        """Add a record, unless the batch would become too large; the first always fits."""
        number = len(self.positions)
        if self._builder.append(number, timestamp_ms, key, value, headers) is None:
            return False
        self.positions.append(position)
        return True

    def encode(self) -> bytes:
        """Finish the batch."""
        return bytes(self._builder.build())


def partition_of(key: bytes, partitions: int) -> int:
    """Choose a key's partition as Kafka's own clients do (murmur2)."""
    if partitions == 1:
        return 0
    return int(murmur2(key) & 0x7FFFFFFF) % partitions
