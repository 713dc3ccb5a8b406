"""What each request does. Answers are tuples of the fields that the protocol names, in its order."""

import asyncio
from collections import defaultdict
from typing import Any, Final

from waybill_toolkit.broker.groups import Group
from waybill_toolkit.broker.logs import CorruptBatchError, Log, Topic

_NODE: Final = 1
_UNKNOWN_TOPIC: Final = 3
_OFFSET_OUT_OF_RANGE: Final = 1
_CORRUPT: Final = 2
_TOPIC_EXISTS: Final = 36
_INVALID_PARTITIONS: Final = 37
_EARLIEST: Final = -2
_NO_OPERATIONS: Final = -2147483648


class Broker:
    """One node with all topics and groups."""

    def __init__(self, host: str, port: int) -> None:
        self._node = (_NODE, host, port)
        self._topics: dict[str, Topic] = {}
        self._groups: defaultdict[str, Group] = defaultdict(Group)

    async def metadata(self, names: list[str] | None) -> list[tuple[int, str, Topic | None]]:
        """Tell of topics, all when none are named."""
        wanted = sorted(self._topics) if names is None else names
        return [
            (0 if name in self._topics else _UNKNOWN_TOPIC, name, self._topics.get(name))
            for name in wanted
        ]

    @property
    def node(self) -> tuple[int, str, int]:
        """Our id and address, as clients are to use it."""
        return self._node

    def create(self, name: str, partitions: int) -> int:
        if name in self._topics:
            return _TOPIC_EXISTS
        if partitions < 1:
            return _INVALID_PARTITIONS
        self._topics[name] = Topic(partitions)
        return 0

    def produce(self, topic: str, number: int, batches: bytes) -> tuple[int, int]:
        log = self._log(topic, number)
        if log is None:
            return _UNKNOWN_TOPIC, -1
        try:
            return 0, log.append(batches)
        except CorruptBatchError:
            return _CORRUPT, -1

    async def fetch(
        self, wanted: list[tuple[str, list[tuple[int, int, int]]]], wait_seconds: float, bytes_max: int
    ) -> list[tuple[str, list[tuple[Any, ...]]]]:
        """Read; when there is nothing, wait for the first append."""
        answer, has_data = self._read(wanted, bytes_max)
        if has_data or not wait_seconds:
            return answer
        appended = asyncio.Event()
        logs = [
            log for topic, parts in wanted for number, *_ in parts if (log := self._log(topic, number))
        ]
        for log in logs:
            log.watch(appended)
        try:
            async with asyncio.timeout(wait_seconds):
                await appended.wait()
        except TimeoutError:
            return answer
        finally:
            for log in logs:
                log.unwatch(appended)
        return self._read(wanted, bytes_max)[0]

    def _read(
        self, wanted: list[tuple[str, list[tuple[int, int, int]]]], bytes_max: int
    ) -> tuple[list[tuple[str, list[tuple[Any, ...]]]], bool]:
        answers = []
        left, has_data = bytes_max, False
        for topic, partitions in wanted:
            found: list[tuple[Any, ...]] = []
            for number, offset, partition_max in partitions:
                log = self._log(topic, number)
                if log is None:
                    found.append((number, _UNKNOWN_TOPIC, -1, -1, None, b""))
                    has_data = True
                    continue
                if not 0 <= offset <= log.end:
                    found.append((number, _OFFSET_OUT_OF_RANGE, log.end, log.end, None, b""))
                    has_data = True
                    continue
                data = log.read(offset, min(partition_max, left)) if left > 0 else b""
                left -= len(data)
                has_data = has_data or bool(data)
                found.append((number, 0, log.end, log.end, None, data))
            answers.append((topic, found))
        return answers, has_data

    def offset(self, topic: str, number: int, timestamp: int) -> tuple[int, int]:
        log = self._log(topic, number)
        if log is None:
            return _UNKNOWN_TOPIC, -1
        return 0, 0 if timestamp == _EARLIEST else log.end

    def group(self, name: str) -> Group:
        return self._groups[name]

    def _log(self, topic: str, number: int) -> Log | None:
        found = self._topics.get(topic)
        return found.logs[number] if found and 0 <= number < len(found.logs) else None
