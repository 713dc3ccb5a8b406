"""Connections of the embedded broker, with clients that send and read as they like."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from struct import pack, unpack_from
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.protocol.admin import ApiVersionRequest_v0  # type: ignore[import-untyped]
from aiokafka.protocol.fetch import (  # type: ignore[import-untyped]
    FetchRequest_v4,
    FetchResponse_v4,
)
from aiokafka.protocol.produce import (  # type: ignore[import-untyped]
    ProduceRequest_v3,
    ProduceResponse_v3,
)

from waybill.events import Topic
from waybill.kafka.link import ensure_topics
from waybill.kafka.record_batches import RecordBatch
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.platform.embedded_broker.handlers import Later
from waybill_toolkit.platform.embedded_broker.log_requests import LogRequests
from waybill_toolkit.platform.embedded_broker.logs import make_topic
from waybill_toolkit.platform.embedded_broker.topics import Topics
from waybill_toolkit.platform.embedded_broker.users import ANYBODY

LONG_MS = 60_000
"""The wait of a fetch that something else ends."""
MIB = 1024 * 1024
LARGE = 1_000_000
"""Nearly what a batch may have."""

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def topic(bootstrap_servers: str) -> str:
    name = f"topic-{uuid4()}"
    await ensure_topics(bootstrap_servers, [Topic(name, 3, 1)])
    return name


@asynccontextmanager
async def client(bootstrap_servers: str) -> AsyncIterator[Client]:
    host, _, port = bootstrap_servers.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()


def framed(number: int, request: Any) -> bytes:
    head = pack(">hhih", request.API_KEY, request.API_VERSION, number, 2) + b"me"
    body: bytes = head + request.encode()
    return pack(">i", len(body)) + body


def batch(value: bytes) -> bytes:
    made = RecordBatch()
    made.append(0, b"key", value, [], 0)
    return made.encode()


def fetch(topic: str, *offsets: int, wait_ms: int = 0, bytes_max: int = MIB) -> Any:
    parts = [(number, offset, bytes_max) for number, offset in enumerate(offsets)]
    return FetchRequest_v4(-1, wait_ms, 1, 64 * MIB, 0, [(topic, parts)])


def produce(topic: str, *batches: tuple[int, bytes]) -> Any:
    return ProduceRequest_v3(None, -1, 1000, [(topic, list(batches))])


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Read the next answer and return its number and body."""
    async with asyncio.timeout(LONG_MS / 2000):
        frame = await reader.readexactly(unpack_from(">i", await reader.readexactly(4))[0])
    return unpack_from(">i", frame)[0], frame[4:]


def fetched(body: bytes) -> Sequence[bytes]:
    """Return the batches of each partition."""
    [(_, partitions)] = FetchResponse_v4.decode(body).topics
    return [data for *_, data in partitions]


@pytest.mark.parametrize("piece", [1, 3, 50, 1000, 10**9], ids=lambda size: f"by {size}")
async def test_requests_in_pieces_of_any_size_are_answered_in_order(
    bootstrap_servers: str, topic: str, piece: int
) -> None:
    one, two = batch(b"one"), batch(b"x" * 2000)
    requests = [
        produce(topic, (0, one), (1, two)),
        fetch(topic, 0, 0),
        ApiVersionRequest_v0(),
        fetch(topic, 1, 1, wait_ms=20),
        produce(topic, (2, two)),
    ]
    sent = b"".join(framed(number, request) for number, request in enumerate(requests))
    async with client(bootstrap_servers) as (reader, writer):
        for begin in range(0, len(sent), piece):
            writer.write(sent[begin : begin + piece])
            await writer.drain()
            await asyncio.sleep(0)
        writer.write_eof()
        answers = [await answer(reader) for _ in requests]
        assert await reader.read() == b""  # closed after the last one
    assert [number for number, _ in answers] == [0, 1, 2, 3, 4]
    assert [data[8:] for data in fetched(answers[1][1])] == [one[8:], two[8:]]
    assert fetched(answers[3][1]) == [b"", b""]
    assert ProduceResponse_v3.decode(answers[4][1]).topics == [(topic, [(2, 0, 0, -1)])]


async def test_append_answers_a_waiting_fetch_with_all_of_its_partitions(
    bootstrap_servers: str, topic: str
) -> None:
    async with client(bootstrap_servers) as reading, client(bootstrap_servers) as writing:
        reading[1].write(framed(7, fetch(topic, 0, 0, 0, wait_ms=LONG_MS)))
        await asyncio.sleep(0.2)  # a waiting fetch is not visible from outside
        writing[1].write(framed(8, produce(topic, (0, batch(b"a")), (2, batch(b"b")))))
        number, body = await answer(reading[0])
    assert number == 7
    assert [data[8:] for data in fetched(body)] == [batch(b"a")[8:], b"", batch(b"b")[8:]]


def memory_bytes(server: BrokerServer) -> int:
    pages = Path(f"/proc/{server.pid}/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


async def test_client_that_does_not_read_is_not_served_ahead_and_gets_all_later(
    broker_server: BrokerServer, bootstrap_servers: str, topic: str
) -> None:
    large = batch(b"x" * LARGE)
    count = 200
    async with client(bootstrap_servers) as (reader, writer):
        writer.write(framed(0, produce(topic, (0, large))))
        await answer(reader)
        before = memory_bytes(broker_server)
        for number in range(count):
            writer.write(framed(number, fetch(topic, 0)))
        async with client(bootstrap_servers) as (others, other):  # served meanwhile
            other.write(framed(1, fetch(topic, 0)))
            assert len((await answer(others))[1]) > LARGE
        assert memory_bytes(broker_server) - before < 50 * MIB
        for number in range(count):
            found, body = await answer(reader)
            assert (found, len(fetched(body)[0])) == (number, len(large))


async def test_client_that_sends_while_its_fetch_waits_is_held_up(
    bootstrap_servers: str, topic: str
) -> None:
    host, _, port = bootstrap_servers.partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(framed(0, fetch(topic, 0, wait_ms=LONG_MS)))
        connection.settimeout(0.5)
        requests = framed(1, ApiVersionRequest_v0()) * (60 * MIB // 14)  # more than sockets buffer
        with pytest.raises(TimeoutError):
            connection.sendall(requests)


async def test_what_was_sent_while_a_fetch_waited_is_answered_after_it(
    bootstrap_servers: str, topic: str
) -> None:
    large = produce(topic, (0, batch(b"x" * LARGE)))
    async with client(bootstrap_servers) as (reader, writer):
        writer.write(framed(0, fetch(topic, 0, wait_ms=300)))
        writer.writelines(framed(number, large) for number in range(1, 9))
        assert [(await answer(reader))[0] for _ in range(9)] == list(range(9))


def malformed(topic: str) -> list[bytes]:
    whole = [framed(0, fetch(topic, 0))[4:], framed(0, produce(topic, (0, batch(b"a"))))[4:]]
    return [frame[:-1] for frame in whole] + [frame[:13] for frame in whole]


async def test_malformed_request_closes_its_connection_after_earlier_ones_are_answered(
    bootstrap_servers: str, topic: str
) -> None:
    for frame in malformed(topic):
        async with client(bootstrap_servers) as (reader, writer):
            good = framed(5, fetch(topic, 0))
            writer.write(good + pack(">i", len(frame)) + frame + good)
            assert (await answer(reader))[0] == 5
            assert await reader.read() == b""


@pytest.mark.parametrize("end", ["append", "given up"])
async def test_a_fetch_that_has_ended_is_forgotten(tmp_path: Path, end: str) -> None:
    make_topic(tmp_path, "fruit", 2, 60)
    topics = Topics(tmp_path)
    logs = [log for log in (topics.log("fruit", 0), topics.log("fruit", 1)) if log]
    later = LogRequests(topics, ANYBODY).fetch(fetch("fruit", 0, 0, wait_ms=LONG_MS).encode(), 0)
    assert isinstance(later, Later)
    assert [len(log.readers) for log in logs] == [1, 1]
    if end == "append":
        logs[1].append(batch(b"a"))
        assert fetched(later.encoded())[1]
    else:
        later.ready.cancel()
    await asyncio.sleep(0)
    assert [len(log.readers) for log in logs] == [0, 0]
