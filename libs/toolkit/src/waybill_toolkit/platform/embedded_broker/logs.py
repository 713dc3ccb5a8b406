"""Topics and their logs, in files.

    TOPIC/ID/retention                              in seconds
    TOPIC/ID/PARTITION/00000000000000000000.log     named after the first offset in it

A log is written to the operating system, not to the disk: it survives the process; see `home`
for crashes of the machine.
"""

import asyncio
import logging
import shutil
import time
from bisect import bisect_right
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from waybill_toolkit.platform.embedded_broker.batches import numbered
from waybill_toolkit.platform.embedded_broker.home import damaged_of
from waybill_toolkit.platform.embedded_broker.segments import DamagedFileError, Segment

_log = logging.getLogger(__name__)

SEGMENT_BYTES: Final = 64 * 1024 * 1024
NEWEST_BYTES_MAX: Final = 64 * 1024
"""The largest append that a log keeps in memory."""

_RETENTION: Final = "retention"
_UNFINISHED: Final = "~"
"""The prefix of a topic that is being created; topic names cannot start with it."""


class Log:
    """One partition. Offsets go from `start` to before `end`, the next record's."""

    def __init__(
        self, folder: Path, retention_seconds: float, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self._folder = folder
        self._retention_seconds = retention_seconds
        self._segment_bytes = segment_bytes
        found = [Segment(path) for path in sorted(folder.glob("*.log"))]
        self._segments = found or [Segment.at(folder, 0)]
        self.end = self._segments[-1].open()
        self._newest = self.end, b""
        """The last append and its offset, if it is small: what most fetches ask for."""
        self.readers: set[asyncio.Future[None]] = set()
        """Done at the next append."""

    @property
    def start(self) -> int:
        return self._segments[0].first

    def append(self, records: bytes) -> int:
        """Append a batch; returns the first record's offset.

        On CorruptBatchError and OSError nothing is appended.
        """
        first = self.end
        batch, end = numbered(records, first)
        self._writable().append(batch, first)
        self.end = end
        self._newest = first, batch if len(batch) <= NEWEST_BYTES_MAX else b""
        for reader in self.readers:
            wake(reader)
        return first

    def read(self, offset: int, bytes_max: int) -> bytes:
        """Return the batch with `offset`, and the following ones that fit into `bytes_max`.

        Raises DamagedFileError, OSError.
        """
        if offset >= self.end:
            return b""
        first, newest = self._newest
        if offset == first and newest and len(newest) <= bytes_max:
            return newest
        at = bisect_right(self._segments, offset, key=lambda segment: segment.first) - 1
        return self._segments[at].read(offset, bytes_max)

    def _writable(self) -> Segment:
        last = self._segments[-1]
        if last.size < self._segment_bytes:
            return last
        following = Segment.at(self._folder, self.end)
        following.open()
        last.close()
        self._segments.append(following)
        self._drop_old()
        return following

    def _drop_old(self) -> None:
        oldest = time.time() - self._retention_seconds
        while len(self._segments) > 1 and self._segments[0].path.stat().st_mtime < oldest:
            self._segments.pop(0).path.unlink()


def wake(reader: asyncio.Future[None]) -> None:
    """Let a reader go on, soon: after all appends of the current request."""
    if not reader.done():
        reader.set_result(None)


class Topic:
    """A topic. Another one with the same name has another id."""

    def __init__(self, folder: Path) -> None:
        """Open the topic in this folder, which is named after the topic id."""
        self.id = UUID(folder.name)
        retention_seconds = float((folder / _RETENTION).read_text("ascii"))
        count = sum(1 for each in folder.iterdir() if each.is_dir())
        self.logs = [Log(folder / str(number), retention_seconds) for number in range(count)]


def make_topic(home: Path, name: str, partitions: int, retention_seconds: float) -> Topic:
    """Create an empty topic atomically. Raises OSError."""
    unfinished = home / f"{_UNFINISHED}{name}"
    shutil.rmtree(unfinished, ignore_errors=True)
    topic_id = str(uuid4())
    for number in range(partitions):
        (unfinished / topic_id / str(number)).mkdir(parents=True)
    (unfinished / topic_id / _RETENTION).write_text(str(retention_seconds), "ascii")
    unfinished.rename(home / name)
    return Topic(home / name / topic_id)


def kept_topics(home: Path) -> dict[str, Topic]:
    """Open the topics in `home`, by name; sets damaged ones aside."""
    topics = {}
    for folder in sorted(home.iterdir()):
        if folder.name.startswith(_UNFINISHED):
            continue
        try:
            topics[folder.name] = Topic(next(folder.iterdir()))
        except DamagedFileError as error:
            set_aside(home, folder.name, error)
    return topics


def set_aside(home: Path, name: str, error: DamagedFileError) -> None:
    """Move the files of a damaged topic out of `home`. Raises OSError.

    The topic does not exist any more. Its owner creates it again, with another id, and publishes
    the events that its outbox keeps; consumers notice the id and read from the start. The same id
    with a shorter log would not do: consumers would take new records for ones that they have read.
    """
    [folder] = (home / name).iterdir()
    aside = damaged_of(home.parent) / f"{name}.{folder.name}"
    aside.parent.mkdir(exist_ok=True)
    (home / name).rename(aside)
    _log.error(
        "topic %s: %s; its files are now in %s. Its owner creates it again and publishes the "
        "events of its outbox again. Check the disk, then delete these files",
        name,
        error,
        aside,
    )
