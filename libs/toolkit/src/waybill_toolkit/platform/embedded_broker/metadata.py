"""Metadata requests in versions 0 to 12, and their answers.

Clients look at a cluster in very different versions: librdkafka asks in version 2 or 4 unless it
finds all newer ones. The versions from 9 on have compact lengths and tagged fields (KIP-482).
https://kafka.apache.org/protocol#The_Messages_Metadata
"""

from collections.abc import Callable, Iterable, Sequence
from struct import Struct, error
from typing import Final, NamedTuple
from uuid import UUID

from waybill.kafka.protocol import NO_UUID
from waybill_toolkit.platform.embedded_broker.error_codes import NOT_THROTTLED
from waybill_toolkit.platform.embedded_broker.handlers import Handler, UnreadableError

METADATA: Final = 3
VERSION_MAX: Final = 12

_WITH_RACK, _WITH_CLUSTER, _WITH_THROTTLE, _WITH_OFFLINE = 1, 2, 3, 5
_WITH_EPOCH, _WITH_OPERATIONS, _FLEXIBLE, _WITH_IDS = 7, 8, 9, 10
_CLUSTER_OPERATIONS: Final = range(8, 11)
"""Versions from which on, or in which, a field exists."""

_SHORT: Final = Struct(">h")
_INT: Final = Struct(">i")
_NO_STRING: Final = -1
_NO_TAGS: Final = b"\0"
_NO_AUTHORIZED_OPERATIONS: Final = -2_147_483_648
_EPOCH: Final = 0
_UUID_BYTES: Final = 16


class Node(NamedTuple):
    """The only node of the cluster."""

    number: int
    host: str
    port: int
    cluster: str


class Wanted(NamedTuple):
    """A topic that is asked for, by its name or from version 10 on by its id."""

    name: str | None
    topic_id: UUID = NO_UUID


class Described(NamedTuple):
    """A topic, or the error for one that does not exist."""

    error: int
    name: str | None
    topic_id: UUID = NO_UUID
    partitions: int = 0


def metadata_handlers(
    node: Node, describe: Callable[[Sequence[Wanted] | None], Iterable[Described]]
) -> dict[tuple[int, int], Handler]:
    """Return a handler for each version; `describe` gets None when all topics are asked for."""

    def handler(version: int) -> Handler:
        def handle(frame: bytes, at: int) -> bytes:
            try:
                wanted = _Reader(frame, at, version).topics()
            except (ValueError, IndexError, error) as fault:
                raise UnreadableError(f"a Metadata request: {fault}") from fault
            return _Writer(version).answer(node, list(describe(wanted)))

        return handle

    return {(METADATA, version): handler(version) for version in range(VERSION_MAX + 1)}


class _Reader:
    """Reads the topics of a request; the flags behind them do not matter."""

    def __init__(self, frame: bytes, at: int, version: int) -> None:
        self._frame, self._at, self._version = frame, at, version
        self._is_flexible = version >= _FLEXIBLE

    def topics(self) -> list[Wanted] | None:
        if self._is_flexible:
            self._tags()  # of the request's head
        count = self._length(_INT)
        if count < 0 or (count == 0 and self._version == 0):
            return None
        return [self._topic() for _ in range(count)]

    def _topic(self) -> Wanted:
        topic_id = NO_UUID
        if self._version >= _WITH_IDS:
            topic_id = UUID(bytes=self._bytes(_UUID_BYTES))
        length = self._length(_SHORT)
        name = None if length < 0 else self._bytes(length).decode()
        if self._is_flexible:
            self._tags()
        return Wanted(name, topic_id)

    def _length(self, layout: Struct) -> int:
        """Read a length; a compact one is one more than it says, and 0 stands for null."""
        if self._is_flexible:
            return self._varint() - 1
        length: int = layout.unpack(self._bytes(layout.size))[0]
        return length

    def _tags(self) -> None:
        for _ in range(self._varint()):
            self._varint()
            self._bytes(self._varint())

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._bytes(1)[0]
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    def _bytes(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._frame):
            raise ValueError("it is cut off")
        data, self._at = self._frame[self._at : end], end
        return data


class _Writer:
    """Encodes an answer in one version."""

    def __init__(self, version: int) -> None:
        self._version = version
        self._is_flexible = version >= _FLEXIBLE
        self._tags = _NO_TAGS if self._is_flexible else b""

    def answer(self, node: Node, topics: Sequence[Described]) -> bytes:
        rack = self._since(_WITH_RACK, self._string(None))
        broker = _INT.pack(node.number) + self._string(node.host) + _INT.pack(node.port) + rack
        cluster_operations = b""
        if self._version in _CLUSTER_OPERATIONS:
            cluster_operations = _INT.pack(_NO_AUTHORIZED_OPERATIONS)
        return b"".join((
            self._tags,  # of the answer's head
            self._since(_WITH_THROTTLE, _INT.pack(NOT_THROTTLED)),
            self._array([broker + self._tags]),
            self._since(_WITH_CLUSTER, self._string(node.cluster)),
            self._since(_WITH_RACK, _INT.pack(node.number)),  # the controller
            self._array([self._topic(node, topic) for topic in topics]),
            cluster_operations,
            self._tags,
        ))  # fmt: skip

    def _topic(self, node: Node, topic: Described) -> bytes:
        return b"".join((
            _SHORT.pack(topic.error),
            self._string(topic.name if self._version == VERSION_MAX else topic.name or ""),
            self._since(_WITH_IDS, topic.topic_id.bytes),
            self._since(_WITH_RACK, b"\0"),  # it is not internal
            self._array([self._partition(node, number) for number in range(topic.partitions)]),
            self._since(_WITH_OPERATIONS, _INT.pack(_NO_AUTHORIZED_OPERATIONS)),
            self._tags,
        ))  # fmt: skip

    def _partition(self, node: Node, number: int) -> bytes:
        replicas = self._array([_INT.pack(node.number)])
        return b"".join((
            _SHORT.pack(0),
            _INT.pack(number),
            _INT.pack(node.number),
            self._since(_WITH_EPOCH, _INT.pack(_EPOCH)),
            replicas,
            replicas,  # all of them are in sync
            self._since(_WITH_OFFLINE, self._array([])),
            self._tags,
        ))  # fmt: skip

    def _since(self, version: int, field: bytes) -> bytes:
        return field if self._version >= version else b""

    def _array(self, items: Sequence[bytes]) -> bytes:
        count = _varint(len(items) + 1) if self._is_flexible else _INT.pack(len(items))
        return count + b"".join(items)

    def _string(self, text: str | None) -> bytes:
        data = b"" if text is None else text.encode()
        length = _NO_STRING if text is None else len(data)
        return (_varint(length + 1) if self._is_flexible else _SHORT.pack(length)) + data


def _varint(number: int) -> bytes:
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    data.append(number)
    return bytes(data)
