"""Produce and Fetch, the two requests that every event needs, encoded with `struct`.

aiokafka describes requests by schemas, which it interprets field by field: that takes more time
than all else that is done for an event. These two have the form that its connections send.
https://kafka.apache.org/protocol#The_Messages_Produce (version 3, Kafka 0.11 and later)
https://kafka.apache.org/protocol#The_Messages_Fetch (version 4, Kafka 0.11 and later)
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from struct import Struct
from typing import ClassVar, Final, NamedTuple, TypeAlias

from aiokafka.errors import IncompatibleBrokerVersion  # type: ignore[import-untyped]

Topics: TypeAlias = Sequence[tuple[str, Sequence[tuple[int, bytes]]]]
"""The partitions of each topic, with the encoded rest of their fields."""

_COUNT: Final = Struct(">i")
_LENGTH: Final = Struct(">h")
_HEADER: Final = Struct(">hhih")
_PRODUCE: Final = Struct(">hhi")
_PRODUCED: Final = Struct(">ihqq")
_FETCH: Final = Struct(">iiiib")
_FETCH_PARTITION: Final = Struct(">qi")
_FETCHED: Final = Struct(">ihqqi")
_ABORTED_BYTES: Final = 16

_NONE: Final = -1
_ANY_CLIENT: Final = -1
_READ_UNCOMMITTED: Final = 0


class Produced(NamedTuple):
    """The answer for one partition: an error code, or the offset of the first record."""

    topic: str
    number: int
    error: int
    offset: int


class Fetched(NamedTuple):
    """The answer for one partition: an error code, or record batches."""

    topic: str
    number: int
    error: int
    batches: bytes


class _Head(NamedTuple):
    """An encoded request header, or a decoded response header."""

    correlation_id: int
    encoded: bytes = b""

    def encode(self) -> bytes:
        return self.encoded


class _LogRequest:
    """A request in one version, as `AIOKafkaConnection.send` takes it."""

    API_KEY: ClassVar[int]
    API_VERSION: ClassVar[int]

    def __init__(self, body: bytes) -> None:
        self._body = body

    def prepare(self, versions: Mapping[int, tuple[int, int]]) -> "_LogRequest":
        """Return this request. Raises IncompatibleBrokerVersion."""
        lowest, highest = versions.get(self.API_KEY, (0, _NONE))
        if not lowest <= self.API_VERSION <= highest:
            raise IncompatibleBrokerVersion(
                f"the broker does not support version {self.API_VERSION} of {type(self).__name__}"
            )
        return self

    def build_request_header(self, correlation_id: int, client_id: str) -> _Head:
        name = client_id.encode()
        head = _HEADER.pack(self.API_KEY, self.API_VERSION, correlation_id, len(name))
        return _Head(correlation_id, head + name)

    def encode(self) -> bytes:
        return self._body

    def parse_response_header(self, data: BytesIO) -> _Head:
        return _Head(*_COUNT.unpack(data.read(_COUNT.size)))


class _Produced:
    """The response to a ProduceRequest."""

    @staticmethod
    def decode(data: BytesIO) -> list[Produced]:
        found: list[Produced] = []
        body, at = data.read(), 0
        [topics], at = _COUNT.unpack_from(body, at), at + _COUNT.size
        for _ in range(topics):
            topic, partitions, at = _topic(body, at)
            for _ in range(partitions):
                number, error, offset, _timestamp = _PRODUCED.unpack_from(body, at)
                at += _PRODUCED.size
                found.append(Produced(topic, number, error, offset))
        return found


class ProduceRequest(_LogRequest):
    """Appends a batch to each partition. The response is a list of Produced."""

    API_KEY = 0
    API_VERSION = 3
    RESPONSE_TYPE = _Produced

    def __init__(self, acks: int, timeout_ms: int, batches: Topics) -> None:
        head = _PRODUCE.pack(_NONE, acks, timeout_ms)
        sized = [
            (topic, [(number, _COUNT.pack(len(batch)) + batch) for number, batch in partitions])
            for topic, partitions in batches
        ]
        super().__init__(head + _encoded(sized))


class _Fetched:
    """The response to a FetchRequest."""

    @staticmethod
    def decode(data: BytesIO) -> list[Fetched]:
        found: list[Fetched] = []
        body, at = data.read(), _COUNT.size  # behind the throttle time
        [topics], at = _COUNT.unpack_from(body, at), at + _COUNT.size
        for _ in range(topics):
            topic, partitions, at = _topic(body, at)
            for _ in range(partitions):
                number, error, _end, _stable, aborted = _FETCHED.unpack_from(body, at)
                at += _FETCHED.size + max(0, aborted) * _ABORTED_BYTES
                [size], at = _COUNT.unpack_from(body, at), at + _COUNT.size
                batches, at = body[at : at + max(0, size)], at + max(0, size)
                found.append(Fetched(topic, number, error, batches))
        return found


class FetchRequest(_LogRequest):
    """Reads from partitions, each from an offset. The response is a list of Fetched.

    Waits at most `wait_ms` for the first record. The response has some `bytes_max` bytes, and
    always at least one batch when there is one.
    """

    API_KEY = 1
    API_VERSION = 4
    RESPONSE_TYPE = _Fetched

    def __init__(
        self,
        offsets: Iterable[tuple[str, Sequence[tuple[int, int]]]],
        wait_ms: int,
        bytes_max: int,
    ) -> None:
        head = _FETCH.pack(_ANY_CLIENT, wait_ms, 1, bytes_max, _READ_UNCOMMITTED)
        wanted = [
            (topic, [(number, _FETCH_PARTITION.pack(at, bytes_max)) for number, at in partitions])
            for topic, partitions in offsets
        ]
        super().__init__(head + _encoded(wanted))


def _topic(body: bytes, at: int) -> tuple[str, int, int]:
    """Read a topic's name, how many partitions follow, and where."""
    [length], at = _LENGTH.unpack_from(body, at), at + _LENGTH.size
    name, at = body[at : at + length].decode(), at + length
    return name, _COUNT.unpack_from(body, at)[0], at + _COUNT.size


def _encoded(topics: Topics) -> bytes:
    parts = [_COUNT.pack(len(topics))]
    for topic, partitions in topics:
        parts += (_name(topic), _COUNT.pack(len(partitions)))
        for number, rest in partitions:
            parts += (_COUNT.pack(number), rest)
    return b"".join(parts)


@lru_cache
def _name(topic: str) -> bytes:
    encoded = topic.encode()
    return _LENGTH.pack(len(encoded)) + encoded
