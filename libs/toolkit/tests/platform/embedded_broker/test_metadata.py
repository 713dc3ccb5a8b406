"""Clients look at the embedded broker: Metadata in every version, and kcat if it is installed."""

import asyncio
import shutil
from io import BytesIO
from pathlib import Path
from struct import pack, unpack_from
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.protocol.types import (  # type: ignore[import-untyped]
    Array,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    String,
    TaggedFields,
    UnsignedVarInt32,
)

from waybill.events import Topic
from waybill.kafka.link import BrokerLink, ensure_topics
from waybill.kafka.protocol import NO_UUID, Uuid
from waybill_toolkit.platform.embedded_broker.requests import Requests

METADATA = 3
UNKNOWN_TOPIC, UNKNOWN_ID = 3, 100
VERSIONS = range(13)


def response_schema(version: int) -> Schema:
    """The fields as https://kafka.apache.org/protocol#The_Messages_Metadata lists them."""
    text, array = (CompactString, CompactArray) if version >= 9 else (String, Array)

    def fields(*candidates: tuple[int, int, str, Any]) -> list[tuple[str, Any]]:
        found = [(name, kind) for first, last, name, kind in candidates if first <= version <= last]
        return [*found, *([("tags", TaggedFields)] if version >= 9 else [])]

    string = text("utf-8")
    partition = fields(
        (0, 12, "error", Int16),
        (0, 12, "number", Int32),
        (0, 12, "leader", Int32),
        (7, 12, "leader_epoch", Int32),
        (0, 12, "replicas", array(Int32)),
        (0, 12, "in_sync", array(Int32)),
        (5, 12, "offline", array(Int32)),
    )
    topic = fields(
        (0, 12, "error", Int16),
        (0, 12, "name", string),
        (10, 12, "topic_id", Uuid),
        (1, 12, "is_internal", Boolean),
        (0, 12, "partitions", array(*partition)),
        (8, 12, "operations", Int32),
    )
    broker = fields(
        (0, 12, "node", Int32),
        (0, 12, "host", string),
        (0, 12, "port", Int32),
        (1, 12, "rack", string),
    )
    return Schema(
        *fields(
            (3, 12, "throttle", Int32),
            (0, 12, "brokers", array(*broker)),
            (2, 12, "cluster", string),
            (1, 12, "controller", Int32),
            (0, 12, "topics", array(*topic)),
            (8, 10, "operations", Int32),
        )
    )


def request(version: int, names: list[str] | None, topic_id: UUID | None = None) -> bytes:
    """Encode a request; with `topic_id` for a topic without a name."""
    text, array = (CompactString, CompactArray) if version >= 9 else (String, Array)
    tags = b"\0" if version >= 9 else b""
    body = pack(">hhih", METADATA, version, 7, 2) + b"me" + tags
    if names is None and version == 0:
        body += array(text("utf-8")).encode([])
    elif version >= 10:
        wanted: list[Any] = [(NO_UUID, name, {}) for name in names or ()]
        if topic_id:
            wanted = [(topic_id, None, {})]
        schema = CompactArray(("id", Uuid), ("name", CompactString("utf-8")), ("t", TaggedFields))
        body += b"\0" if names is None and not topic_id else schema.encode(wanted)
    elif version == 9:
        schema = CompactArray(("name", CompactString("utf-8")), ("t", TaggedFields))
        body += b"\0" if names is None else schema.encode([(name, {}) for name in names])
    else:
        body += array(text("utf-8")).encode(names)
    body += b"\0" * (version >= 4)  # no topic is created
    body += b"\0" * (8 <= version <= 10) + b"\0" * (version >= 8) + tags
    return pack(">i", len(body)) + body


@pytest.fixture
async def topics(bootstrap_servers: str) -> list[str]:
    names = [f"topic-{uuid4()}" for _ in range(2)]
    await ensure_topics(bootstrap_servers, [Topic(name, 3, 1) for name in names])
    return names


async def ask(bootstrap_servers: str, version: int, frame: bytes) -> dict[str, Any]:
    host, _, port = bootstrap_servers.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(frame)
    async with asyncio.timeout(30):
        answer = await reader.readexactly(unpack_from(">i", await reader.readexactly(4))[0])
    writer.close()
    assert answer[:4] == pack(">i", 7)
    body = BytesIO(answer[4:])
    if version >= 9:
        assert UnsignedVarInt32.decode(body) == 0
    schema = response_schema(version)
    found = dict(zip(schema.names, schema.decode(body), strict=True))
    assert not body.read(), "there is more than the version has"
    names = [name for name, _ in _item(schema, "topics")]
    found["topics"] = [dict(zip(names, each, strict=True)) for each in found["topics"]]
    return found


def _item(schema: Schema, field: str) -> list[tuple[str, Any]]:
    array = schema.fields[schema.names.index(field)]
    return list(zip(array.array_of.names, array.array_of.fields, strict=True))


@pytest.mark.parametrize("version", VERSIONS)
async def test_topics_are_found_by_name_in_every_version(
    bootstrap_servers: str, topics: list[str], version: int
) -> None:
    found = await ask(bootstrap_servers, version, request(version, [topics[1], "nowhere"]))
    host, port = bootstrap_servers.split(":")
    assert found["brokers"][0][:3] == (1, host, int(port))
    there, nowhere = found["topics"]
    assert (there["error"], there["name"], len(there["partitions"])) == (0, topics[1], 3)
    assert [each[:3] for each in there["partitions"]] == [(0, number, 1) for number in range(3)]
    assert (nowhere["error"], nowhere["name"]) == (UNKNOWN_TOPIC, "nowhere")


@pytest.mark.parametrize("version", VERSIONS)
async def test_all_topics_are_found_in_every_version(
    bootstrap_servers: str, topics: list[str], version: int
) -> None:
    found = await ask(bootstrap_servers, version, request(version, None))
    assert set(topics) <= {each["name"] for each in found["topics"]}
    if version:
        assert (await ask(bootstrap_servers, version, request(version, [])))["topics"] == []


async def test_a_topic_is_found_by_its_id(bootstrap_servers: str, topics: list[str]) -> None:
    link = await BrokerLink.open(bootstrap_servers)
    topic_id = (await link.topics(topics))[topics[0]].topic_id
    await link.close()
    [found] = (await ask(bootstrap_servers, 12, request(12, None, topic_id)))["topics"]
    assert (found["error"], found["name"]) == (0, topics[0])
    other = uuid4()
    [found] = (await ask(bootstrap_servers, 12, request(12, None, other)))["topics"]
    assert (found["error"], found["name"], found["topic_id"]) == (UNKNOWN_ID, None, other)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_request_that_is_cut_off_closes_its_connection(
    bootstrap_servers: str, topics: list[str], version: int
) -> None:
    whole = request(version, topics)[4:]
    host, _, port = bootstrap_servers.partition(":")
    for end in (12, 13, 20, 40):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(pack(">i", end) + whole[:end])
        async with asyncio.timeout(30):
            assert await reader.read() == b""
        writer.close()


def test_every_version_that_is_announced_is_answered(tmp_path: Path) -> None:
    (tmp_path / "topics").mkdir()
    requests = Requests(tmp_path, "localhost", 1)
    announced = {
        (key, version)
        for key, lowest, highest in requests.versions()
        for version in range(lowest, highest + 1)
    }
    assert announced == requests.handlers(lambda _: None).keys()


@pytest.fixture
async def filled(bootstrap_servers: str, topics: list[str]) -> str:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers)
    await producer.start()
    for number in range(3):
        await producer.send_and_wait(topics[0], b"value %d" % number, b"key", partition=1)
    await producer.stop()
    return topics[0]


async def kcat(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "kcat", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        output, errors = await process.communicate()
    assert process.returncode == 0, errors
    return output.decode()


@pytest.mark.skipif(not shutil.which("kcat"), reason="install kcat to try librdkafka")
async def test_kcat_lists_topics_and_reads_records(bootstrap_servers: str, filled: str) -> None:
    listed = await kcat("-L", "-b", bootstrap_servers)
    assert f'topic "{filled}" with 3 partitions' in listed
    read = await kcat("-C", "-e", "-b", bootstrap_servers, "-t", filled, "-f", r"%p %o %k %s\n")
    assert read.splitlines() == [f"1 {number} key value {number}" for number in range(3)]


@pytest.mark.skipif(not shutil.which("kcat"), reason="install kcat to try librdkafka")
async def test_kcat_reads_records_as_a_member_of_a_group_and_goes_on_where_it_was(
    bootstrap_servers: str, filled: str
) -> None:
    earliest = ("-X", "auto.offset.reset=earliest", "-c", "2", "-f", r"%o\n")
    member = ("-b", bootstrap_servers, "-G", f"group-{filled}", *earliest, filled)
    assert await kcat(*member) == "0\n1\n"
    assert await kcat(*member, "-c", "1") == "2\n"
