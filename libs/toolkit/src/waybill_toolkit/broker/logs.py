"""Topics and their logs: batches in memory, found by offset.

A batch is stored as it came, but for its first offset (KIP-98, record batch version 2): nothing in
it is looked at beyond how many records it has.
"""

import asyncio
from bisect import bisect_right
from collections import deque
from struct import Struct
from typing import Final
from uuid import UUID, uuid4

_OFFSET: Final = Struct(">q")
_LENGTH: Final = Struct(">i")
_LENGTH_AT: Final = 8
_BEFORE_LENGTH: Final = 12
_MAGIC_AT: Final = 16
_MAGIC: Final = 2
_LAST_DELTA_AT: Final = 23


class CorruptBatchError(Exception):
    """What was to be appended is no sequence of whole record batches."""


class Log:
    """One partition."""

    def __init__(self) -> None:
        self._first_offsets: list[int] = []
        self._batches: list[bytes] = []
        self._readers: deque[asyncio.Event] = deque()
        self.end = 0

    def append(self, batches: bytes) -> int:
        """Append whole batches; returns the offset of the first record."""
        first = self.end
        parts = _split(batches)
        for batch in parts:
            self._first_offsets.append(self.end)
            self._batches.append(_OFFSET.pack(self.end) + batch[_LENGTH_AT:])
            self.end += _LENGTH.unpack_from(batch, _LAST_DELTA_AT)[0] + 1
        for reader in self._readers:
            reader.set()
        return first

    def read(self, offset: int, bytes_max: int) -> bytes:
        """Return the batches from the one that holds `offset`: the first, and more if they fit."""
        if offset >= self.end:
            return b""
        at = bisect_right(self._first_offsets, offset) - 1
        found = [self._batches[at]]
        left = bytes_max - len(found[0])
        for batch in self._batches[at + 1 :] if left > 0 else ():
            left -= len(batch)
            if left < 0:
                break
            found.append(batch)
        return b"".join(found)

    def watch(self, reader: asyncio.Event) -> None:
        """Set `reader` at each append, until `unwatch`."""
        self._readers.append(reader)

    def unwatch(self, reader: asyncio.Event) -> None:
        """Forget `reader`."""
        self._readers.remove(reader)


class Topic:
    """A topic; another one with the same name has another id."""

    def __init__(self, partitions: int) -> None:
        self.id: UUID = uuid4()
        self.logs = [Log() for _ in range(partitions)]


def _split(batches: bytes) -> list[bytes]:
    found = []
    at = 0
    while at < len(batches):
        if len(batches) < at + _LAST_DELTA_AT + _LENGTH.size or batches[at + _MAGIC_AT] != _MAGIC:
            raise CorruptBatchError
        end = at + _BEFORE_LENGTH + _LENGTH.unpack_from(batches, at + _LENGTH_AT)[0]
        if not at < end <= len(batches):
            raise CorruptBatchError
        found.append(batches[at:end])
        at = end
    return found
