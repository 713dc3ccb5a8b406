"""Topics and their logs: batches in memory, found by offset.

A batch is stored as it came, but for the offset of its first record: nothing in it is looked at
beyond how many records it has (https://kafka.apache.org/documentation/#recordbatch).
"""

import asyncio
from bisect import bisect_right
from collections.abc import Iterator
from struct import Struct
from typing import Final
from uuid import uuid4

_OFFSET: Final = Struct(">q")
_INT: Final = Struct(">i")
_LENGTH_AT: Final = 8
_BEFORE_LENGTH_COUNTS: Final = 12
_MAGIC_AT: Final = 16
_MAGIC: Final = 2
_LAST_DELTA_AT: Final = 23
_HEAD_BYTES: Final = 61


class CorruptBatchError(Exception):
    """What was to be appended is not a sequence of whole record batches."""


class Log:
    """One partition. `end` is the offset of the next record."""

    def __init__(self) -> None:
        self._first_offsets: list[int] = []
        self._batches: list[bytes] = []
        self.end = 0
        self.readers: set[asyncio.Event] = set()
        """Set at the next append."""

    def append(self, records: bytes) -> int:
        """Append whole batches, or raise CorruptBatchError; returns the first record's offset."""
        first = self.end
        for batch in list(_batches(records)):
            self._first_offsets.append(self.end)
            self._batches.append(_OFFSET.pack(self.end) + batch[_LENGTH_AT:])
            self.end += _INT.unpack_from(batch, _LAST_DELTA_AT)[0] + 1
        for reader in self.readers:
            reader.set()
        return first

    def read(self, offset: int, bytes_max: int) -> bytes:
        """Return the batch that holds `offset`, and those after it that fit into `bytes_max`."""
        if offset >= self.end:
            return b""
        at = bisect_right(self._first_offsets, offset) - 1
        found = [self._batches[at]]
        left = bytes_max - len(found[0])
        while (at := at + 1) < len(self._batches) and left >= len(self._batches[at]):
            found.append(self._batches[at])
            left -= len(found[-1])
        return b"".join(found)


class Topic:
    """A topic. Another one with the same name has another id."""

    def __init__(self, partitions: int) -> None:
        self.id = uuid4()
        self.logs = [Log() for _ in range(partitions)]


def _batches(records: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(records):
        if len(records) - at < _HEAD_BYTES or records[at + _MAGIC_AT] != _MAGIC:
            raise CorruptBatchError
        end = at + _BEFORE_LENGTH_COUNTS + _INT.unpack_from(records, at + _LENGTH_AT)[0]
        if not at + _HEAD_BYTES <= end <= len(records):
            raise CorruptBatchError
        yield records[at:end]
        at = end
