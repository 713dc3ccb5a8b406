"""Requests that write and read records."""

import asyncio
import logging
from typing import Final

from waybill_toolkit.platform.embedded_broker.batches import CorruptBatchError
from waybill_toolkit.platform.embedded_broker.error_codes import (
    NO_OFFSET,
    NOT_LEADER_OR_FOLLOWER,
    OFFSET_OUT_OF_RANGE,
    STORAGE_ERROR,
    TOPIC_AUTHORIZATION_FAILED,
    UNKNOWN_TOPIC_OR_PARTITION,
    Answer,
    Request,
)
from waybill_toolkit.platform.embedded_broker.handlers import Later
from waybill_toolkit.platform.embedded_broker.hot_requests import (
    ByTopic,
    Fetch,
    Fetched,
    decode_fetch,
    decode_produce,
    encode_appended,
    encode_fetched,
)
from waybill_toolkit.platform.embedded_broker.logs import Log, wake
from waybill_toolkit.platform.embedded_broker.segments import DamagedFileError
from waybill_toolkit.platform.embedded_broker.topics import Topics
from waybill_toolkit.platform.embedded_broker.users import User

_log = logging.getLogger(__name__)

_EARLIEST: Final = -2
_NO_TIMESTAMP: Final = -1


class LogRequests:
    """Produces and fetches records for a user."""

    def __init__(self, topics: Topics, user: User) -> None:
        self._topics = topics
        self._user = user

    def produce(self, frame: bytes, at: int) -> bytes:
        """Append record batches to partitions."""
        topics = [
            (topic, [(number, *self._append(topic, number, data)) for number, data in partitions])
            for topic, partitions in decode_produce(frame, at)
        ]
        return encode_appended(topics)

    def fetch(self, frame: bytes, at: int) -> bytes | Later:
        """Return records. Without any, wait for an append, at most for the requested time."""
        request = decode_fetch(frame, at)
        answer, is_empty = self._read(request)
        if not is_empty or request.wait_ms <= 0:
            return encode_fetched(answer)
        return Later(self._appended(request), lambda: encode_fetched(self._read(request)[0]))

    async def list_offsets(self, request: Request) -> Answer:
        """Return the start or end offsets of partitions. Timestamps are not supported."""
        topics = [
            (topic, [(number, *self._offset(topic, number, at)) for number, at in partitions])
            for topic, partitions in request.topics
        ]
        return (topics,)

    def _append(self, topic: str, number: int, data: bytes) -> tuple[int, int, int]:
        if self._user.is_refused("write", topic):
            return TOPIC_AUTHORIZATION_FAILED, NO_OFFSET, _NO_TIMESTAMP
        log = self._topics.log(topic, number)
        if log is None:
            return UNKNOWN_TOPIC_OR_PARTITION, NO_OFFSET, _NO_TIMESTAMP
        if self._topics.is_without_leader(topic):
            return NOT_LEADER_OR_FOLLOWER, NO_OFFSET, _NO_TIMESTAMP
        try:
            return 0, log.append(data), _NO_TIMESTAMP
        except CorruptBatchError as error:
            _log.warning("a batch for %s/%d is refused: %s", topic, number, error)
            return error.code, NO_OFFSET, _NO_TIMESTAMP
        except OSError:
            return STORAGE_ERROR, NO_OFFSET, _NO_TIMESTAMP

    def _read(self, request: Fetch) -> tuple[ByTopic[Fetched], bool]:
        """Return the response, and whether it has neither records nor errors."""
        left, is_empty = request.bytes_max, True
        topics = []
        for topic, partitions in request.topics:
            answers: list[Fetched] = []
            is_refused = self._user.is_refused("read", topic)
            for number, at, bytes_max in partitions:
                log = None if is_refused else self._topics.log(topic, number)
                error = TOPIC_AUTHORIZATION_FAILED if is_refused else _error_of(log, at)
                if log and self._topics.is_without_leader(topic):
                    error = NOT_LEADER_OR_FOLLOWER
                end = log.end if log else NO_OFFSET
                data = b""
                if log and not error and left > 0:
                    data = self._read_log(topic, log, at, min(bytes_max, left))
                left -= len(data)
                is_empty = is_empty and not error and not data
                answers.append((number, error, end, data))
            topics.append((topic, answers))
        return topics, is_empty

    def _read_log(self, topic: str, log: Log, at: int, bytes_max: int) -> bytes:
        try:
            return log.read(at, bytes_max)
        except DamagedFileError as error:
            self._topics.set_aside(topic, error)
            raise

    def _appended(self, request: Fetch) -> asyncio.Future[None]:
        """Return a future that is done after the next append, or when the time is up."""
        loop = asyncio.get_running_loop()
        appended: asyncio.Future[None] = loop.create_future()
        asked = (
            self._topics.log(topic, number)
            for topic, partitions in request.topics
            for number, *_ in partitions
        )
        logs = [log for log in asked if log]
        for log in logs:
            log.readers.add(appended)
        timer = loop.call_later(request.wait_ms / 1000, wake, appended)

        def forget(_: object) -> None:
            timer.cancel()
            for log in logs:
                log.readers.discard(appended)

        appended.add_done_callback(forget)
        return appended

    def _offset(self, topic: str, number: int, at: int) -> tuple[int, int, int]:
        if self._user.is_refused("describe", topic):
            return TOPIC_AUTHORIZATION_FAILED, _NO_TIMESTAMP, NO_OFFSET
        log = self._topics.log(topic, number)
        if log is None:
            return UNKNOWN_TOPIC_OR_PARTITION, _NO_TIMESTAMP, NO_OFFSET
        if self._topics.is_without_leader(topic):
            return NOT_LEADER_OR_FOLLOWER, _NO_TIMESTAMP, NO_OFFSET
        return 0, _NO_TIMESTAMP, log.start if at == _EARLIEST else log.end


def _error_of(log: Log | None, offset: int) -> int:
    if log is None:
        return UNKNOWN_TOPIC_OR_PARTITION
    return 0 if log.start <= offset <= log.end else OFFSET_OUT_OF_RANGE
