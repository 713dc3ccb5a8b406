"""Record batches: their header, and whether they are intact.

The checksum covers a batch from its attributes to its end, but neither the offset of its first
record nor its length (https://kafka.apache.org/documentation/#recordbatch).
"""

from struct import Struct
from typing import Final, NamedTuple

from aiokafka.record.util import calc_crc32c  # type: ignore[import-untyped]

from waybill_toolkit.platform.embedded_broker.error_codes import (
    CORRUPT_MESSAGE,
    INVALID_RECORD,
    MESSAGE_TOO_LARGE,
    UNSUPPORTED_COMPRESSION_TYPE,
)

HEAD_BYTES: Final = 61
BATCH_BYTES_MAX: Final = 1_048_588
"""Kafka's default of message.max.bytes."""

_HEAD: Final = Struct(">qi4xbIhi30xi")
"""The first record's offset, the length, the format, the checksum, the attributes, the last
record's distance, and the number of records."""
_OFFSET: Final = Struct(">q")
_BEFORE_LENGTH_COUNTS: Final = 12
_CHECKED_FROM: Final = 21
_MAGIC: Final = 2
_CODEC: Final = 0x07
_CONTROL: Final = 0x20
_VARINT_BYTES_MAX: Final = 5


class CorruptBatchError(Exception):
    """A batch that is not appended; `code` is the error for its sender."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Head(NamedTuple):
    """The header fields of a batch: its length in bytes, the offsets and number of its records."""

    length: int
    first: int
    after: int
    checksum: int
    attributes: int
    records: int

    def is_intact(self, data: bytes, at: int = 0) -> bool:
        """Return whether the batch at `at` has the checksum that it names."""
        with memoryview(data) as view:
            found: int = calc_crc32c(view[at + _CHECKED_FROM : at + self.length])
        return found == self.checksum


def head_of(data: bytes, at: int = 0) -> Head | None:
    """Read the header of the batch at `at`; None when there is no valid one."""
    if len(data) - at < HEAD_BYTES:
        return None
    first, length, magic, checksum, attributes, last_delta, records = _HEAD.unpack_from(data, at)
    length += _BEFORE_LENGTH_COUNTS
    if magic != _MAGIC or length < HEAD_BYTES or last_delta < 0:
        return None
    return Head(length, first, first + last_delta + 1, checksum, attributes, records)


def numbered(batch: bytes, offset: int) -> tuple[bytes, int]:
    """Assign offsets from `offset` on to the records of a batch; also returns the next offset.

    Raises CorruptBatchError unless consumers can read it: exactly one uncompressed batch of
    records, intact, of the newest format and no larger than Kafka accepts.
    """
    if len(batch) > BATCH_BYTES_MAX:
        raise CorruptBatchError(
            MESSAGE_TOO_LARGE, f"it has {len(batch)} bytes, at most {BATCH_BYTES_MAX} are allowed"
        )
    head = head_of(batch)
    if head is None or head.length > len(batch):
        raise CorruptBatchError(CORRUPT_MESSAGE, "it is no complete record batch of format 2")
    if head.length < len(batch):
        raise CorruptBatchError(INVALID_RECORD, "there is more than one batch for a partition")
    if not head.is_intact(batch):
        raise CorruptBatchError(CORRUPT_MESSAGE, "its checksum is wrong")
    if codec := head.attributes & _CODEC:
        raise CorruptBatchError(
            UNSUPPORTED_COMPRESSION_TYPE,
            f"it is compressed (codec {codec}): send it without compression",
        )
    count = head.after - head.first
    if head.attributes & _CONTROL or head.records != count or not _has_records(batch, count):
        raise CorruptBatchError(INVALID_RECORD, f"its records are not the {count} of its header")
    return _OFFSET.pack(offset) + batch[_OFFSET.size :], offset + count


def _has_records(batch: bytes, count: int) -> bool:
    """Return whether so many records follow the header, each as long as it says."""
    at = HEAD_BYTES
    for _ in range(count):
        length, at = _varint(batch, at)
        if length <= 0:
            return False
        at += length
    return at == len(batch)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a number in zigzag encoding; also returns where it ends. It is -1 if there is none."""
    number = 0
    for shift, byte in enumerate(data[at : at + _VARINT_BYTES_MAX]):
        number |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), at + shift + 1
    return -1, at
