"""Responses of a node are read as they arrive, in order and in time."""

import asyncio
from io import BytesIO
from typing import Any, Final

import pytest
from aiokafka.errors import KafkaConnectionError  # type: ignore[import-untyped]  # it is untyped

from waybill.kafka.log_requests import FetchRequest, ProduceRequest
from waybill.kafka.node_connection import NodeConnection

VERSIONS: Final = {0: (0, 9), 1: (0, 9)}
PRODUCED: Final = (
    b"\0\0\0\1\0\5fruit\0\0\0\1" + b"\0\0\0\0\0\0\0\0\0\0\0\0\0\7" + b"\xff" * 8 + b"\0\0\0\0"
)
LARGE: Final = b"x" * 300_000
FETCHED: Final = (
    *(b"\0\0\0\0\0\0\0\1\0\5fruit\0\0\0\1\0\0\0\0\0\0", b"\0" * 16, b"\xff" * 4),
    *(len(LARGE).to_bytes(4, "big"), LARGE),
)
TIMEOUT_SECONDS: Final = 0.2


class Transport:
    """What aiokafka has connected."""

    def __init__(self) -> None:
        self.transport = self
        self.sent: list[bytes] = []
        self.is_closed = False
        self.protocol: Any = None

    def set_protocol(self, protocol: asyncio.Protocol) -> None:
        self.protocol = protocol

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.is_closed = True


class Opened:
    """A connection of aiokafka: the parts that are taken over."""

    host, port = "127.0.0.1", 9092

    def __init__(self) -> None:
        self._versions, self._client_id = VERSIONS, "orders"
        self.transport = Transport()
        self._reader, self._writer = object(), self.transport
        self._read_task = asyncio.ensure_future(asyncio.sleep(60))


def framed(number: int, body: bytes) -> bytes:
    return (len(body) + 4).to_bytes(4, "big") + number.to_bytes(4, "big") + body


@pytest.fixture
async def opened() -> Opened:
    return Opened()


@pytest.fixture
async def connection(opened: Opened) -> NodeConnection:
    return NodeConnection(opened, TIMEOUT_SECONDS)


def produce() -> ProduceRequest:
    return ProduceRequest(-1, 1_000, [("fruit", [(0, b"batch")])])


def fetch() -> FetchRequest:
    return FetchRequest([("fruit", [(0, 7)])], 200, 1_000_000)


async def test_connection_is_taken_from_aiokafka(
    connection: NodeConnection, opened: Opened
) -> None:
    await asyncio.sleep(0)
    assert opened._read_task.cancelled()
    assert opened._reader is opened._writer is None  # it warns when it is deleted while connected
    assert opened.transport.protocol is connection


@pytest.mark.parametrize("size", [1, 3, 4, 5, 65_536, 10**6])
async def test_responses_are_whole_when_they_arrive_in_pieces(
    connection: NodeConnection, opened: Opened, size: int
) -> None:
    produced, fetched = connection.send(produce()), connection.send(fetch())
    assert [BytesIO(each).read(8)[4:] for each in opened.transport.sent] == [
        b"\0\0\0\3",
        b"\0\1\0\4",
    ]
    data = framed(1, PRODUCED) + framed(2, b"".join(FETCHED))
    in_pieces = max(size, 200 - 200 % size)  # of the large one, the rest comes at once
    for at in range(0, in_pieces, size):
        connection.data_received(data[at : at + size])
    rest = data[in_pieces:]
    connection.data_received(rest)

    assert [tuple(each) for each in await produced] == [("fruit", 0, 0, 7)]
    assert [each.batches for each in await fetched] == [LARGE]
    assert connection.connected()


async def test_response_for_a_sender_that_is_gone_is_skipped(connection: NodeConnection) -> None:
    connection.send(produce()).cancel()
    second = connection.send(produce())
    connection.data_received(framed(1, PRODUCED) + framed(2, PRODUCED))
    assert (await second)[0].offset == 7


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (framed(2, PRODUCED), "response to request 2 instead of 1"),
        (framed(1, PRODUCED[:9]), "requires a buffer"),
        (framed(1, PRODUCED) + framed(2, PRODUCED), "index out of range"),
    ],
)
async def test_connection_breaks_when_a_response_cannot_be_read(
    connection: NodeConnection,
    opened: Opened,
    caplog: pytest.LogCaptureFixture,
    data: bytes,
    reason: str,
) -> None:
    first = connection.send(produce())
    connection.data_received(data)

    assert not connection.connected()
    assert opened.transport.is_closed
    assert reason in caplog.text
    with pytest.raises(KafkaConnectionError, match=r"127\.0\.0\.1:9092 is closed"):
        connection.send(produce())
    if first.exception() is None:
        assert reason == "index out of range"


async def test_all_requests_fail_when_one_is_not_answered_in_time(
    connection: NodeConnection,
) -> None:
    first, second = connection.send(produce()), connection.send(produce())
    await asyncio.sleep(TIMEOUT_SECONDS / 2)
    connection.data_received(framed(1, PRODUCED))
    third = connection.send(produce())
    await first
    for response in (second, third):
        with pytest.raises(KafkaConnectionError, match="no response within"):
            await response
    assert not connection.connected()


async def test_idle_connection_does_not_expire(connection: NodeConnection) -> None:
    first = connection.send(produce())
    connection.data_received(framed(1, PRODUCED))
    await first
    await asyncio.sleep(TIMEOUT_SECONDS * 1.5)
    assert connection.connected()


@pytest.mark.parametrize("ends", ["eof_received", "close", "connection_lost"])
async def test_requests_fail_when_the_connection_ends(
    connection: NodeConnection, ends: str
) -> None:
    response = connection.send(produce())
    getattr(connection, ends)(*([None] if ends == "connection_lost" else []))
    with pytest.raises(KafkaConnectionError):
        await response
    assert not connection.connected()
