"""Files of record batches, indexed by offset.

A batch is stored as received, except for the offset of its first record. Only its header is read (https://kafka.apache.org/documentation/#recordbatch).
"""

import os
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import Final, NamedTuple

HEAD_BYTES: Final = 61
INDEX_BYTES: Final = 4 * 1024
"""The distance of index entries in bytes: scanning it takes some microseconds."""

_OFFSET: Final = Struct(">q")
_HEAD: Final = Struct(">qi4xb6xi")
"""The first record's offset, the length, the format, and the last record's distance."""
_BEFORE_LENGTH_COUNTS: Final = 12
_MAGIC: Final = 2


class CorruptBatchError(Exception):
    """The appended data is not a sequence of complete record batches."""


class Head(NamedTuple):
    """The header fields of a batch: its length in bytes, and the offsets of its records."""

    length: int
    first: int
    after: int


def head_of(data: bytes, at: int = 0) -> Head | None:
    """Read the header of the batch at `at`; None when there is no valid one."""
    if len(data) - at < HEAD_BYTES:
        return None
    first, length, magic, last_delta = _HEAD.unpack_from(data, at)
    length += _BEFORE_LENGTH_COUNTS
    if magic != _MAGIC or length < HEAD_BYTES or last_delta < 0:
        return None
    return Head(length, first, first + last_delta + 1)


def numbered(records: bytes, offset: int) -> tuple[bytes, int]:
    """Assign offsets to the records of batches, starting at `offset`; also returns the next offset.

    Raises CorruptBatchError.
    """
    parts = []
    at = 0
    while at < len(records):
        head = head_of(records, at)
        if head is None or at + head.length > len(records):
            raise CorruptBatchError
        parts += [_OFFSET.pack(offset), records[at + _OFFSET.size : at + head.length]]
        offset += head.after - head.first
        at += head.length
    return b"".join(parts), offset


class _Index:
    """A sparse index: offsets and the file positions of their batches."""

    def __init__(self) -> None:
        self._offsets, self._places = array("q"), array("q")

    def note(self, offset: int, place: int) -> None:
        if not self._places or place - self._places[-1] >= INDEX_BYTES:
            self._offsets.append(offset)
            self._places.append(place)

    def place(self, offset: int) -> int:
        """Return the position of the batch with `offset`, or of an earlier one."""
        return self._places[bisect_right(self._offsets, offset) - 1]


class Segment:
    """A file with the batches from offset `first`. Only the last segment of a log is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.first = int(path.stem)
        self.size = 0
        self._writer: int | None = None
        self._index: _Index | None = None
        """Built from the file when needed, and updated by appends."""

    @classmethod
    def at(cls, folder: Path, first: int) -> "Segment":
        return cls(folder / f"{first:020}.log")

    def open(self) -> int:
        """Open it for appending, and truncate an incomplete batch; returns the next offset.

        Raises OSError.
        """
        self._writer = os.open(
            self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
        self._index, self.size, after = self._read_through()
        os.ftruncate(self._writer, self.size)
        return after

    def close(self) -> None:
        """Close it for appending."""
        if self._writer is not None:
            os.close(self._writer)
        self._writer = self._index = None

    def append(self, batches: bytes, offset: int) -> None:
        """Append batches that begin with `offset` atomically. Raises OSError."""
        if self._writer is None or self._index is None:
            raise ValueError("the segment is not open")
        written = os.write(self._writer, batches)
        if written < len(batches):
            os.ftruncate(self._writer, self.size)
            raise OSError(f"only {written} of {len(batches)} bytes could be written")
        self._index.note(offset, self.size)
        self.size += len(batches)

    def read(self, offset: int, bytes_max: int) -> bytes:
        """Return the batch with `offset`, and the following ones that fit into `bytes_max`."""
        if self._index is None:
            self._index, self.size, _ = self._read_through()
        at = self._index.place(offset)
        length = bytes_max + INDEX_BYTES
        while not (found := _cut_out(data := self._bytes(at, length), offset, bytes_max)):
            if at + len(data) >= self.size:
                return b""
            length *= 4
        return found

    def _read_through(self) -> tuple[_Index, int, int]:
        """Scan the batches up to the last complete one."""
        index = _Index()
        at, after = 0, self.first
        size = self.path.stat().st_size
        for begin, head in self._heads():
            if begin + head.length > size:
                break
            index.note(head.first, begin)
            at, after = begin + head.length, head.after
        return index, at, after

    def _heads(self) -> Iterator[tuple[int, Head]]:
        at = 0
        with self.path.open("rb", buffering=0) as file:
            while head := head_of(os.pread(file.fileno(), HEAD_BYTES, at)):
                yield at, head
                at += head.length

    def _bytes(self, at: int, length: int) -> bytes:
        length = min(length, self.size - at)
        if self._writer is not None:
            return os.pread(self._writer, length, at)
        with self.path.open("rb", buffering=0) as file:
            return os.pread(file.fileno(), length, at)


def _cut_out(data: bytes, offset: int, bytes_max: int) -> bytes:
    """Find the batch with `offset` and the following ones that fit; b"" when it is incomplete."""
    begin = end = None
    at = 0
    while (head := head_of(data, at)) and at + head.length <= len(data):
        if begin is None and head.after > offset:
            begin = at
        if begin is not None:
            if end is not None and at + head.length - begin > bytes_max:
                break
            end = at + head.length
        at += head.length
    return b"" if begin is None else data[begin:end]
