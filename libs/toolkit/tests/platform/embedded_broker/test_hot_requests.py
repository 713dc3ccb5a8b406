"""The two frequent requests: the same bytes as aiokafka's classes, and nothing else is read."""

from collections.abc import Callable
from random import Random
from struct import error, pack
from typing import Any

import pytest
from aiokafka.protocol.fetch import (  # type: ignore[import-untyped]
    FetchRequest_v4,
    FetchResponse_v4,
)
from aiokafka.protocol.produce import (  # type: ignore[import-untyped]
    ProduceRequest_v3,
    ProduceResponse_v3,
)

from waybill_toolkit.platform.embedded_broker.handlers import UnreadableError
from waybill_toolkit.platform.embedded_broker.hot_requests import (
    FETCH,
    PRODUCE,
    decode_fetch,
    decode_produce,
    encode_appended,
    encode_fetched,
)

HEAD = b"a header"


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - repeatable, no secret


def strings(random: Random) -> str:
    return "".join(random.choices("abcæøå-.漢", k=random.choice([0, 1, 5, 200])))


def by_topic(random: Random, partition: Callable[[], tuple[Any, ...]]) -> list[Any]:
    return [
        (strings(random), [(random.randrange(-1, 2**31), *partition()) for _ in range(partitions)])
        for partitions in random.choices([0, 1, 2, 7], k=random.choice([0, 1, 1, 4]))
    ]


def produce_request(random: Random) -> Any:
    transaction = random.choice([None, "", strings(random)])
    topics = by_topic(random, lambda: (random.randbytes(random.choice([0, 1, 300])),))
    return ProduceRequest_v3(transaction, -1, random.randrange(2**31), topics)


def fetch_request(random: Random) -> Any:
    topics = by_topic(random, lambda: (random.randrange(-2, 2**63), random.randrange(2**31)))
    return FetchRequest_v4(-1, *(random.randrange(-1, 2**31) for _ in range(3)), 1, topics)


def theirs_of_produce(frame: bytes) -> Any:
    return ProduceRequest_v3.decode(frame).topics


def theirs_of_fetch(frame: bytes) -> Any:
    read = FetchRequest_v4.decode(frame)
    return read.max_wait_time, read.max_bytes, read.topics


KINDS = pytest.mark.parametrize(
    ("made", "ours", "theirs"),
    [
        (produce_request, decode_produce, theirs_of_produce),
        (fetch_request, decode_fetch, theirs_of_fetch),
    ],
    ids=["produce", "fetch"],
)


@KINDS
def test_requests_are_read_as_aiokafka_reads_them(made: Any, ours: Any, theirs: Any) -> None:
    for seed in range(500):
        frame = made(seeded(seed)).encode()
        assert ours(HEAD + frame, len(HEAD)) == theirs(frame), f"seed {seed}"


@KINDS
def test_request_that_is_cut_off_anywhere_is_refused(made: Any, ours: Any, theirs: Any) -> None:
    for seed in range(30):
        frame = HEAD + made(seeded(seed)).encode()
        for end in range(len(HEAD), len(frame)):
            with pytest.raises(UnreadableError, match="request of"):
                ours(frame[:end], len(HEAD))


@KINDS
def test_garbled_request_is_refused_or_is_what_aiokafka_reads(
    made: Any, ours: Any, theirs: Any
) -> None:
    refused = 0
    for seed in range(3000):
        random = seeded(seed)
        frame = bytearray(made(random).encode())
        for _ in range(random.choice([1, 1, 4])):
            frame[random.randrange(len(frame))] = random.choice([0, 1, 127, 128, 255])
        try:
            found = ours(HEAD + frame, len(HEAD))
        except UnreadableError:
            refused += 1
            continue
        assert found == theirs(bytes(frame)), f"seed {seed}"
    assert 0 < refused < 3000


@KINDS
def test_what_aiokafka_cannot_read_is_refused(made: Any, ours: Any, theirs: Any) -> None:
    for seed in range(1000):
        random = seeded(seed)
        frame = bytearray(made(random).encode())
        frame[random.randrange(len(frame))] = random.choice([127, 128, 255])
        try:
            theirs(bytes(frame))
        except (ValueError, error):
            with pytest.raises(UnreadableError):
                ours(bytes(frame), 0)


NO_TRANSACTION = b"\xff\xff"
TOPIC = b"\0\5fruit"


@pytest.mark.parametrize("count", [-(2**31), -1, 1, 1000, 2**31 - 1])
@pytest.mark.parametrize(
    ("ours", "before"),
    [
        (decode_produce, NO_TRANSACTION + bytes(6)),
        (decode_produce, NO_TRANSACTION + bytes(6) + pack(">i", 1) + TOPIC),
        (decode_produce, NO_TRANSACTION + bytes(6) + pack(">i", 1) + TOPIC + pack(">ii", 1, 0)),
        (decode_fetch, bytes(17)),
        (decode_fetch, bytes(17) + pack(">i", 1) + TOPIC),
    ],
    ids=["topics", "partitions", "batches", "fetched topics", "fetched partitions"],
)
def test_count_of_what_is_not_there_is_refused(ours: Any, before: bytes, count: int) -> None:
    with pytest.raises(UnreadableError):
        ours(before + pack(">i", count), 0)


def test_answers_are_written_as_aiokafka_writes_them() -> None:
    for seed in range(500):
        random = seeded(seed)

        def appended(random: Random = random) -> tuple[Any, ...]:
            return random.randrange(60), random.randrange(-1, 2**63), -1

        def fetched(random: Random = random) -> tuple[Any, ...]:
            data = random.randbytes(random.choice([0, 1, 300]))
            return random.randrange(60), random.randrange(-1, 2**63), data

        topics = by_topic(random, appended)
        assert encode_appended(topics) == ProduceResponse_v3(topics, 0).encode()
        topics = by_topic(random, fetched)
        full = [
            (topic, [(number, code, end, end, None, data) for number, code, end, data in each])
            for topic, each in topics
        ]
        assert encode_fetched(topics) == FetchResponse_v4(0, full).encode()


def test_the_versions_are_those_of_the_classes() -> None:
    assert (ProduceRequest_v3.API_KEY, ProduceRequest_v3.API_VERSION) == PRODUCE
    assert (FetchRequest_v4.API_KEY, FetchRequest_v4.API_VERSION) == FETCH
