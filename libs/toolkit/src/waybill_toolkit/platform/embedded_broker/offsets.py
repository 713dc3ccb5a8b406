"""Committed offsets and their metadata: a journal, in which the last line of a partition counts.

Each line ends with its CRC-32. A damaged line is ignored: the group reads some records again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias
from zlib import crc32

import orjson

LogName: TypeAlias = tuple[str, int]
"""A topic and the number of a partition."""
Place: TypeAlias = tuple[int, str]
"""An offset and its metadata."""

_LINES_MAX: Final = 10_000


class Offsets:
    """The offsets that groups have committed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._groups: dict[str, dict[LogName, Place]] = {}
        self._lines = 0
        for line in path.read_bytes().splitlines() if path.exists() else ():
            entry, _, checksum = line.rpartition(b" ")
            if not entry or checksum != _checksum(entry):
                continue  # empty, damaged, or cut off when the process was killed
            group, topic, number, offset, note = orjson.loads(entry)
            self._groups.setdefault(group, {})[topic, number] = offset, note
        self._rewrite()

    def of(self, group: str) -> Mapping[LogName, Place]:
        """Return the committed offset of a group."""
        return self._groups.get(group, {})

    def commit(self, group: str, places: Mapping[LogName, Place]) -> None:
        """Commit an offset. Raises OSError: then it may or may not be stored."""
        lines = _lines(group, places)
        with self._path.open("ab", buffering=0) as journal:
            written = journal.write(lines)
        if written < len(lines):
            raise OSError(f"only {written} of {len(lines)} bytes could be written")
        self._groups.setdefault(group, {}).update(places)
        self._lines += len(places)
        if self._lines > _LINES_MAX:
            self._rewrite()

    def _rewrite(self) -> None:
        """Compact the journal."""
        following = self._path.with_suffix(".new")
        following.write_bytes(b"".join(_lines(*each) for each in self._groups.items()))
        following.replace(self._path)
        self._lines = 0


def _lines(group: str, places: Mapping[LogName, Place]) -> bytes:
    # The line break comes first: an incomplete line before it does no harm.
    entries = (orjson.dumps([group, *log, *place]) for log, place in places.items())
    return b"".join(b"\n%b %b" % (entry, _checksum(entry)) for entry in entries)


def _checksum(entry: bytes) -> bytes:
    return b"%08x" % crc32(entry)
