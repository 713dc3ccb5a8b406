"""The embedded broker as a process, with aiokafka and with invalid clients."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from aiokafka import (  # type: ignore[import-untyped]
    AIOKafkaConsumer,
    AIOKafkaProducer,
    TopicPartition,
)
from aiokafka.admin import (  # type: ignore[import-untyped]
    AIOKafkaAdminClient,
    NewTopic,
)
from aiokafka.errors import InvalidReplicationFactorError  # type: ignore[import-untyped]

from waybill.events import Topic
from waybill.kafka.errors import BrokerRefusedError
from waybill.kafka.link import BrokerLink, ensure_topics
from waybill.kafka.partitions import Partition
from waybill_toolkit.platform.broker import BrokerServer
from waybill_toolkit.testing.eventually import eventually

LONG = 60.0
"""The timeout in seconds for immediate results; only a broken broker reaches it."""


@asynccontextmanager
async def consumer(
    servers: str, *topics: str, **settings: object
) -> AsyncIterator[AIOKafkaConsumer]:
    made = AIOKafkaConsumer(
        *topics, bootstrap_servers=servers, auto_offset_reset="earliest", **settings
    )
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def producer(servers: str) -> AsyncIterator[AIOKafkaProducer]:
    made = AIOKafkaProducer(bootstrap_servers=servers, acks="all")
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


@pytest.fixture
async def topic(bootstrap_servers: str) -> str:
    name = f"topic-{uuid4()}"
    await ensure_topics(bootstrap_servers, [Topic(name, 2, 1)])
    return name


async def test_records_come_back_as_they_were_sent(bootstrap_servers: str, topic: str) -> None:
    async with (
        producer(bootstrap_servers) as writing,
        consumer(bootstrap_servers, topic) as reading,
    ):
        for number in range(100):
            sent = await writing.send_and_wait(
                topic, b"%d" % number, b"key", partition=1, headers=[("n", b"%d" % number)]
            )
            assert (sent.partition, sent.offset) == (1, number)
        records = [await anext(reading) for _ in range(100)]
    assert [(each.offset, each.value) for each in records] == [(n, b"%d" % n) for n in range(100)]
    assert records[7].key == b"key"
    assert records[7].headers == (("n", b"7"),)


async def test_a_topic_with_more_replicas_than_nodes_is_refused_as_by_one_node_of_kafka(
    bootstrap_servers: str,
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic(f"topic-{uuid4()}", 1, 3)])
    finally:
        await admin.close()
    assert [code for _, code, *_ in answer.topic_errors] == [InvalidReplicationFactorError.errno]


async def test_a_fetch_that_waits_is_answered_as_soon_as_something_comes(
    bootstrap_servers: str, topic: str
) -> None:
    wait = int(LONG * 1000)
    async with (
        consumer(bootstrap_servers, topic, fetch_max_wait_ms=wait) as reading,
        producer(bootstrap_servers) as writing,
    ):

        async def write() -> None:
            # A waiting fetch is not visible from outside. If it came late, the test would pass.
            await asyncio.sleep(0.5)
            await writing.send_and_wait(topic, b"now", partition=0)

        async with asyncio.timeout(LONG / 2):
            record, _ = await asyncio.gather(anext(reading), write())
    assert record.value == b"now"


async def test_group_resumes_from_its_committed_offsets(bootstrap_servers: str, topic: str) -> None:
    async with producer(bootstrap_servers) as writing:
        for number in range(4):
            await writing.send_and_wait(topic, b"%d" % number, partition=0)
    group = {"group_id": f"group-{uuid4()}", "enable_auto_commit": False}
    async with consumer(bootstrap_servers, topic, **group) as reading:
        for _ in range(2):
            await anext(reading)
        await reading.commit({TopicPartition(topic, 0): 2})
    async with consumer(bootstrap_servers, topic, **group) as reading:
        assert (await anext(reading)).offset == 2


@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_topics_and_offsets_survive_a_restart_of_the_process(
    broker_server: BrokerServer, bootstrap_servers: str, topic: str, end: str
) -> None:
    group = {"group_id": f"group-{uuid4()}", "enable_auto_commit": False}
    async with producer(bootstrap_servers) as writing:
        for number in range(4):
            await writing.send_and_wait(topic, b"%d" % number, partition=0)
    async with consumer(bootstrap_servers, topic, **group) as reading:
        assert (await anext(reading)).offset == 0
        await reading.commit({TopicPartition(topic, 0): 1})
    before = await topic_ids(bootstrap_servers, topic)
    getattr(broker_server, end)()
    broker_server.start()
    assert await topic_ids(bootstrap_servers, topic) == before
    async with consumer(bootstrap_servers, topic, **group) as reading:
        assert (await anext(reading)).value == b"1"
    async with producer(bootstrap_servers) as writing:
        assert (await writing.send_and_wait(topic, b"more", partition=0)).offset == 4


async def topic_ids(servers: str, *names: str) -> list[UUID]:
    link = await BrokerLink.open(servers)
    try:
        return [state.topic_id for state in (await link.topics(list(names))).values()]
    finally:
        await link.close()


@pytest.mark.parametrize("name", ["..", "a/b", "~a", "", "x" * 250])
async def test_a_topic_that_cannot_be_named_so_is_refused(
    bootstrap_servers: str, name: str
) -> None:
    with pytest.raises(BrokerRefusedError, match="InvalidTopic"):
        await ensure_topics(bootstrap_servers, [Topic(name, 1, 1)])


async def shared(members: Sequence[AIOKafkaConsumer], counts: list[int]) -> None:
    """Wait until the members of a group have these numbers of partitions."""

    async def look() -> list[int]:
        for member in members:
            await member.getmany(timeout_ms=10)
        return [len(member.assignment()) for member in members]

    await eventually(f"{counts} partitions", look, lambda seen: seen == counts, within_seconds=LONG)


async def test_members_of_a_group_share_partitions_and_take_over(
    bootstrap_servers: str, topic: str
) -> None:
    group = {"group_id": f"group-{uuid4()}", "heartbeat_interval_ms": 100}
    async with consumer(bootstrap_servers, topic, **group) as first:
        async with consumer(bootstrap_servers, topic, **group) as second:
            await shared([first, second], [1, 1])
            assert not first.assignment() & second.assignment()
        await shared([first], [2])


async def test_offset_beyond_the_end_is_reset(bootstrap_servers: str, topic: str) -> None:
    async with producer(bootstrap_servers) as writing:
        await writing.send_and_wait(topic, b"first", partition=0)
    partition = TopicPartition(topic, 0)
    async with consumer(bootstrap_servers) as reading:
        reading.assign([partition])
        reading.seek(partition, 99)
        assert (await anext(reading)).value == b"first"
        assert await reading.beginning_offsets([partition]) == {partition: 0}
        assert await reading.end_offsets([partition]) == {partition: 1}


async def test_unknown_topic_is_an_error_and_not_created(
    bootstrap_servers: str, topic: str
) -> None:
    link = await BrokerLink.open(bootstrap_servers)
    try:
        states = await link.topics([topic, "nowhere"])
        assert list(states) == [topic]
        states["nowhere"] = states[topic]
        [refusal] = (await link.produce({Partition("nowhere", 0): b"x"}, states)).values()
        assert "UnknownTopic" in str(refusal)
        [refusal] = (await link.produce({Partition(topic, 0): b"no batch"}, states)).values()
        assert "Corrupt" in str(refusal)
        assert list(await link.topics(["nowhere"])) == []
    finally:
        await link.close()


@pytest.mark.parametrize(
    "frame",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0\0\0\x0a" + b"\x7f\xff" + b"\0" * 8,
        b"\0\0\0\x0a" + b"\0\0\0\3" + b"\0\0\0\1" + b"\0\0",
        b"\0\0\0\1\0",
    ],
    ids=["another protocol", "unknown request", "request without its fields", "too short"],
)
async def test_invalid_request_closes_only_its_connection(
    bootstrap_servers: str, topic: str, frame: bytes
) -> None:
    host, _, port = bootstrap_servers.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(frame)
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    link = await BrokerLink.open(bootstrap_servers)
    assert list(await link.topics([topic])) == [topic]
    await link.close()


async def test_client_with_newer_versions_gets_the_supported_ones(bootstrap_servers: str) -> None:
    host, _, port = bootstrap_servers.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    request = b"\0\x12" + b"\0\x63" + b"\0\0\0\x07" + b"\xff\xff"
    writer.write(len(request).to_bytes(4, "big") + request)
    size = int.from_bytes(await reader.readexactly(4), "big")
    answer = await reader.readexactly(size)
    writer.close()
    assert answer[:6] == b"\0\0\0\x07" + b"\0\x23"
    assert int.from_bytes(answer[6:10], "big") > 10
