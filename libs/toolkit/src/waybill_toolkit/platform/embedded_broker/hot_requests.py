"""Produce requests in version 3 and Fetch requests in version 4, and their answers.

Nearly all requests are of these kinds, and aiokafka's classes take several times as long for them.
The lengths and counts in a request are not trusted: what is beyond the end of its frame is an
error before memory is allocated for it.

https://kafka.apache.org/protocol#The_Messages_Produce
"""

from collections.abc import Sequence
from struct import Struct, error
from typing import Final, NamedTuple, TypeAlias, TypeVar

from waybill_toolkit.platform.embedded_broker.error_codes import NOT_THROTTLED
from waybill_toolkit.platform.embedded_broker.handlers import UnreadableError

T = TypeVar("T")
ByTopic: TypeAlias = Sequence[tuple[str, Sequence[T]]]
"""What is to be done or was done with partitions, in the order of the request."""

PRODUCE: Final = 0, 3
FETCH: Final = 1, 4

_SHORT: Final = Struct(">h")
_INT: Final = Struct(">i")
_PRODUCE_HEAD: Final = Struct(">hii")
"""Acknowledgements, the timeout, and the number of topics."""
_RECORDS_HEAD: Final = Struct(">ii")
"""The number of the partition, and the length of its batches."""
_FETCH_HEAD: Final = Struct(">iiiibi")
"""The replica, times and sizes as in `Fetch`, the isolation level, and the number of topics."""
_FETCHED_FROM: Final = Struct(">iqi")
_FETCHED_HEAD: Final = Struct(">ii")
_APPENDED: Final = Struct(">ihqq")
_FETCHED: Final = Struct(">ihqqii")
_NO_TRANSACTIONS: Final = -1


Appended: TypeAlias = tuple[int, int, int, int]
"""The partition's number, an error code or 0, the first record's offset, and a timestamp."""
Fetched: TypeAlias = tuple[int, int, int, bytes]
"""The partition's number, an error code or 0, the offset after its last record, and batches."""


class Fetch(NamedTuple):
    """A request for records. Without any, the answer may take `wait_ms`."""

    wait_ms: int
    bytes_max: int
    topics: ByTopic[tuple[int, int, int]]
    """For each partition: its number, the first record's offset, the maximal bytes."""


def decode_produce(frame: bytes, at: int) -> ByTopic[tuple[int, bytes]]:
    """Return the batches for each partition, by its number. Raises UnreadableError."""
    try:
        return _produce(frame, at)
    except (ValueError, error) as fault:
        raise UnreadableError(f"a Produce request of {len(frame)} bytes: {fault}") from fault


def decode_fetch(frame: bytes, at: int) -> Fetch:
    """Return the request. Raises UnreadableError."""
    try:
        return _fetch(frame, at)
    except (ValueError, error) as fault:
        raise UnreadableError(f"a Fetch request of {len(frame)} bytes: {fault}") from fault


def encode_appended(topics: ByTopic[Appended]) -> bytes:
    """Encode the answer to a Produce request."""
    parts = [_INT.pack(len(topics))]
    for topic, partitions in topics:
        parts.append(_topic_head(topic, len(partitions)))
        parts += [_APPENDED.pack(*each) for each in partitions]
    parts.append(_INT.pack(NOT_THROTTLED))
    return b"".join(parts)


def encode_fetched(topics: ByTopic[Fetched]) -> bytes:
    """Encode the answer to a Fetch request; all records are stable, as without transactions."""
    parts = [_FETCHED_HEAD.pack(NOT_THROTTLED, len(topics))]
    for topic, partitions in topics:
        parts.append(_topic_head(topic, len(partitions)))
        for number, code, end, data in partitions:
            parts += [_FETCHED.pack(number, code, end, end, _NO_TRANSACTIONS, len(data)), data]
    return b"".join(parts)


def _produce(frame: bytes, at: int) -> ByTopic[tuple[int, bytes]]:
    [length] = _SHORT.unpack_from(frame, at)
    _, at = _string(frame, at + _SHORT.size, max(0, length))  # the transaction's name, or none
    *_, count = _PRODUCE_HEAD.unpack_from(frame, at)
    at += _PRODUCE_HEAD.size
    topics = []
    for _ in range(_checked(count)):
        topic, count_of_topic, at = _decoded_topic_head(frame, at)
        partitions = []
        for _ in range(count_of_topic):
            number, length = _RECORDS_HEAD.unpack_from(frame, at)
            begin = at + _RECORDS_HEAD.size
            at = begin + _checked(length)
            if at > len(frame):
                raise ValueError("batches that are cut off")
            partitions.append((number, frame[begin:at]))
        topics.append((topic, partitions))
    return topics


def _fetch(frame: bytes, at: int) -> Fetch:
    _, wait_ms, _, bytes_max, _, count = _FETCH_HEAD.unpack_from(frame, at)
    at += _FETCH_HEAD.size
    topics = []
    for _ in range(_checked(count)):
        topic, count_of_topic, at = _decoded_topic_head(frame, at)
        begin, at = at, at + count_of_topic * _FETCHED_FROM.size
        if at > len(frame):
            raise ValueError("partitions that are cut off")
        topics.append((topic, list(_FETCHED_FROM.iter_unpack(frame[begin:at]))))
    return Fetch(wait_ms, bytes_max, topics)


def _decoded_topic_head(frame: bytes, at: int) -> tuple[str, int, int]:
    """Return the topic's name, the number of its partitions, and where they begin."""
    [length] = _SHORT.unpack_from(frame, at)
    topic, at = _string(frame, at + _SHORT.size, _checked(length))
    [count] = _INT.unpack_from(frame, at)
    return topic, _checked(count), at + _INT.size


def _topic_head(topic: str, count: int) -> bytes:
    name = topic.encode()
    return _SHORT.pack(len(name)) + name + _INT.pack(count)


def _string(frame: bytes, at: int, length: int) -> tuple[str, int]:
    """Return a string and where it ends. A field that must follow shows whether it is complete."""
    end = at + length
    return frame[at:end].decode(), end


def _checked(length: int) -> int:
    if length < 0:
        raise ValueError(f"a length of {length}")
    return length
