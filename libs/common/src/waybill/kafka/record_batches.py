"""Record batches in the format that Kafka stores (message format 2)."""

from typing import Final

from aiokafka.partitioner import murmur2  # type: ignore[import-untyped]
from aiokafka.record.default_records import (  # type: ignore[import-untyped]
    DefaultRecordBatchBuilder,
)

from waybill.events import Headers

# Kafka refuses batches above 1,048,588 bytes (message.max.bytes).
BATCH_BYTES_MAX: Final = 1_040_000

_MAGIC: Final = 2
_NO_COMPRESSION: Final = 0
_NO_PRODUCER: Final = -1


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
