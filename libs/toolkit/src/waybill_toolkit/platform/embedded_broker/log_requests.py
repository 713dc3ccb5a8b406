"""Requests that write and read records."""

import asyncio
from typing import Final

from waybill_toolkit.platform.embedded_broker.error_codes import (
    CORRUPT_MESSAGE,
    NO_OFFSET,
    NOT_THROTTLED,
    OFFSET_OUT_OF_RANGE,
    STORAGE_ERROR,
    UNKNOWN_TOPIC_OR_PARTITION,
    Answer,
    Request,
)
from waybill_toolkit.platform.embedded_broker.logs import Log
from waybill_toolkit.platform.embedded_broker.segments import CorruptBatchError
from waybill_toolkit.platform.embedded_broker.topic_requests import TopicRequests

_EARLIEST: Final = -2
_NO_TIMESTAMP: Final = -1


class LogRequests:
    """Produces and fetches records."""

    def __init__(self, topics: TopicRequests) -> None:
        self._topics = topics

    async def produce(self, request: Request) -> Answer:
        """Append record batches to partitions."""
        topics = [
            (topic, [(number, *self._append(topic, number, data)) for number, data in partitions])
            for topic, partitions in request.topics
        ]
        return topics, NOT_THROTTLED

    async def fetch(self, request: Request) -> Answer:
        """Return records. Without any, wait for an append, at most for the requested time."""
        answer, is_empty = self._read(request)
        if is_empty:
            await self._until_appended(request)
            answer, _ = self._read(request)
        return NOT_THROTTLED, answer

    async def list_offsets(self, request: Request) -> Answer:
        """Return the start or end offsets of partitions. Timestamps are not supported."""
        topics = [
            (topic, [(number, *self._offset(topic, number, at)) for number, at in partitions])
            for topic, partitions in request.topics
        ]
        return (topics,)

    def _append(self, topic: str, number: int, data: bytes) -> tuple[int, int, int]:
        log = self._topics.log(topic, number)
        if log is None:
            return UNKNOWN_TOPIC_OR_PARTITION, NO_OFFSET, _NO_TIMESTAMP
        try:
            return 0, log.append(data), _NO_TIMESTAMP
        except CorruptBatchError:
            return CORRUPT_MESSAGE, NO_OFFSET, _NO_TIMESTAMP
        except OSError:
            return STORAGE_ERROR, NO_OFFSET, _NO_TIMESTAMP

    def _read(self, request: Request) -> tuple[list[tuple[str, list[Answer]]], bool]:
        """Return the response, and whether it has neither records nor errors."""
        left, is_empty = request.max_bytes, True
        topics = []
        for topic, partitions in request.topics:
            answers: list[Answer] = []
            for number, at, bytes_max in partitions:
                log = self._topics.log(topic, number)
                error = _error_of(log, at)
                end = log.end if log else NO_OFFSET
                data = log.read(at, min(bytes_max, left)) if log and not error and left > 0 else b""
                left -= len(data)
                is_empty = is_empty and not error and not data
                answers.append((number, error, end, end, None, data))
            topics.append((topic, answers))
        return topics, is_empty

    async def _until_appended(self, request: Request) -> None:
        appended = asyncio.Event()
        asked = (
            self._topics.log(topic, number)
            for topic, partitions in request.topics
            for number, *_ in partitions
        )
        logs = [log for log in asked if log]
        for log in logs:
            log.readers.add(appended)
        try:
            await asyncio.wait_for(appended.wait(), request.max_wait_time / 1000)
        except TimeoutError:
            pass
        finally:
            for log in logs:
                log.readers.discard(appended)

    def _offset(self, topic: str, number: int, at: int) -> tuple[int, int, int]:
        log = self._topics.log(topic, number)
        if log is None:
            return UNKNOWN_TOPIC_OR_PARTITION, _NO_TIMESTAMP, NO_OFFSET
        return 0, _NO_TIMESTAMP, log.start if at == _EARLIEST else log.end


def _error_of(log: Log | None, offset: int) -> int:
    if log is None:
        return UNKNOWN_TOPIC_OR_PARTITION
    return 0 if log.start <= offset <= log.end else OFFSET_OUT_OF_RANGE
