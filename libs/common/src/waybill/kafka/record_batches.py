"""Record batches in the format that Kafka stores (message format 2)."""

from struct import Struct
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

_START: Final = Struct(">qi")
"""The offset of the first record, and the length of what follows."""
_COUNTS: Final = Struct(">23xi30xi")
"""The distance of the last record from the first one, and the number of records."""

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

    The first batch may begin before `start`: Kafka returns batches whole. Stops before a batch that
    cannot be read; raises UnreadableBatchError when that is the first one.
    """
    records: list[Record] = []
    end, at = start, 0
    while len(records) < records_max and (data := _batch_at(batches, at)):
        at += len(data)
        try:
            found, after = _decoded(topic, partition, data, start, records_max - len(records))
        except Exception as error:
            # aiokafka and the decompressors raise errors of many classes for invalid data.
            if end > start:
                break
            reason = str(error) or type(error).__name__
            raise _unreadable(topic, partition, data, batches[at:], start, reason) from error
        records += found
        end = max(end, after)
    if at and end == start:
        reason = f"it ends before offset {start}, which was asked for"
        raise _unreadable(topic, partition, _batch_at(batches, 0), b"", start, reason)
    return records, end


def _batch_at(batches: bytes, at: int) -> bytes:
    """Return the batch at this position; b"" when there is no complete one."""
    if at + _START.size > len(batches):
        return b""
    _, length = _START.unpack_from(batches, at)
    end = at + _START.size + max(length, 0)
    return batches[at:end] if end <= len(batches) else b""


def _decoded(
    topic: str, partition: int, data: bytes, start: int, records_max: int
) -> tuple[list[Record], int]:
    records: list[Record] = []
    batch = MemoryRecords(data).next_batch()
    if not batch.validate_crc():
        raise ValueError("its checksum is wrong")
    for record in () if batch.is_control_batch else batch:
        if record.offset >= start:
            headers = [(name, value or b"") for name, value in record.headers]
            records.append(
                Record(topic, partition, record.offset, record.key, headers, record.value)
            )
            if len(records) == records_max:
                return records, record.offset + 1
    return records, batch.next_offset


def _unreadable(  # noqa: PLR0917 - the parts of one error
    topic: str, partition: int, data: bytes, following: bytes, start: int, reason: str
) -> UnreadableBatchError:
    """Describe a batch, whose header may be as wrong as the rest.

    A wrong end would skip the batches behind it. So the next batch says where this one ends. If
    there is none, its two counts must agree. Otherwise reading continues one offset later, where
    the broker may return the same batch again.
    """
    first, _ = _START.unpack_from(data)
    last_delta, count = _COUNTS.unpack_from(data) if len(data) >= _COUNTS.size else (0, 1)
    next_offset = start + 1
    if _batch_at(following, 0) and (begin := _START.unpack_from(following)[0]) > start:
        next_offset = begin
    elif count == last_delta + 1:
        next_offset = max(first + count, next_offset)
    return UnreadableBatchError(
        topic,
        partition,
        first=first,
        last=max(first + max(last_delta, count - 1), next_offset - 1),
        next_offset=next_offset,
        data=data,
        reason=reason,
    )


class RecordBatch:
    """A batch for one partition: appended whole or not at all."""

    def __init__(self) -> None:
        self._builder = DefaultRecordBatchBuilder(
            _MAGIC, _NO_COMPRESSION, 0, _NO_PRODUCER, _NO_PRODUCER, _NO_PRODUCER, BATCH_BYTES_MAX
        )
        self.positions: list[int] = []
        self.types: list[str] = []
        """The types of its events, for those who count them."""

    def append(
        self, position: int, key: bytes, value: bytes, headers: Headers, timestamp_ms: int
    ) -> bool:
        """Add a record, unless the batch would become too large; the first always fits.

        The retention of the topic begins at `timestamp_ms`.
        """
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
