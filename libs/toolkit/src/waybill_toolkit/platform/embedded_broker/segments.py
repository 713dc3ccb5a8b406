"""Files of record batches, indexed by offset.

A batch is stored as received, except for the offset of its first record. Batches are checked when a
file is read through for its index, and when they are read.
"""

import os
from array import array
from bisect import bisect_right
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.embedded_broker.batches import HEAD_BYTES, head_of

INDEX_BYTES: Final = 4 * 1024
"""The distance of index entries in bytes: scanning it takes some microseconds."""
READ_BYTES: Final = 1024 * 1024


class DamagedFileError(Exception):
    """A file does not have the batches that were written to it."""

    def __init__(self, path: Path, at: int) -> None:
        super().__init__(f"a batch at or after byte {at} of {path} is damaged")


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
        """Open it for appending; returns the next offset. Truncates a batch that was half written.

        Raises DamagedFileError, OSError.
        """
        self._writer = os.open(
            self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
        self._index, self.size, after = self._read_through(is_last=True)
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
        """Return the batch with `offset`, and the following ones that fit into `bytes_max`.

        Raises DamagedFileError, OSError.
        """
        if self._index is None:
            self._index, self.size, _ = self._read_through(is_last=False)
        at = self._index.place(offset)
        length = bytes_max + INDEX_BYTES
        while not (found := _cut_out(data := self._bytes(at, length), offset, bytes_max)):
            if at + len(data) >= self.size:
                raise DamagedFileError(self.path, at)
            length *= 4
        if not _are_intact(found):
            raise DamagedFileError(self.path, at)
        return found

    def _read_through(self, *, is_last: bool) -> tuple[_Index, int, int]:
        """Scan and check all batches. Only the last file may end within one."""
        index = _Index()
        at, after = 0, self.first
        size = self.path.stat().st_size
        with self.path.open("rb") as file:
            while at < size:
                file.seek(at)
                data = file.read(READ_BYTES)
                if (head := head_of(data)) and len(data) < head.length <= size - at:
                    data += file.read(head.length - len(data))
                begin = at
                while (head := head_of(data, at - begin)) and at - begin + head.length <= len(data):
                    if head.first != after or not head.is_intact(data, at - begin):
                        raise DamagedFileError(self.path, at)
                    index.note(head.first, at)
                    at, after = at + head.length, head.after
                if at == begin:
                    break
            file.seek(at)
            if at < size and not (is_last and _is_half_written(file.read(), after)):
                raise DamagedFileError(self.path, at)
        return index, at, after

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


def _are_intact(batches: bytes) -> bool:
    at = 0
    while at < len(batches):
        head = head_of(batches, at)
        if head is None or not head.is_intact(batches, at):
            return False
        at += head.length
    return True


def _is_half_written(rest: bytes, offset: int) -> bool:
    """Return whether the end of a file may be a write that was cut off when the process was killed.

    It is not when only its length is wrong: the batch is complete, or the next one follows it.
    """
    start = offset.to_bytes(8, "big")
    head = head_of(rest)
    if head is None:
        return len(rest) < HEAD_BYTES and start.startswith(rest[: len(start)])
    if head.first != offset or head.after.to_bytes(8, "big") in rest[HEAD_BYTES:]:
        return False
    return not head._replace(length=len(rest)).is_intact(rest)
