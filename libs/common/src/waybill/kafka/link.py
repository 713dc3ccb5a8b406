"""A link to the broker: connections that never reconnect.

Kafka clients reconnect without notice. That is not safe when the broker may restart without some of
its data: a record sent over a new connection may be appended to a new, empty log, ahead of older
records that must be published again first. So a `BrokerLink` never reconnects. Its user opens
another one, and before using it compares the topic ids and log end offsets with those it knew.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import aiokafka.client  # type: ignore[import-untyped]
from aiokafka.conn import AIOKafkaConnection  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError, for_code  # type: ignore[import-untyped]
from aiokafka.protocol.admin import CreateTopicsRequest  # type: ignore[import-untyped]
from aiokafka.protocol.commit import OffsetFetchRequest  # type: ignore[import-untyped]
from aiokafka.protocol.coordination import FindCoordinatorRequest  # type: ignore[import-untyped]
from aiokafka.protocol.metadata import MetadataRequest  # type: ignore[import-untyped]
from aiokafka.protocol.offset import OffsetRequest  # type: ignore[import-untyped]

from waybill.events import Topic
from waybill.kafka.connecting import REQUEST_TIMEOUT_MS, connect_all
from waybill.kafka.errors import (
    BrokerError,
    BrokerRefusedError,
    BrokerUnavailableError,
    UnreadableBatchError,
    error_of,
    raise_for,
)
from waybill.kafka.log_requests import Fetched, FetchRequest, ProduceRequest
from waybill.kafka.partitions import (
    ByTopic,
    Chunk,
    CommittedOffset,
    Partition,
    TopicState,
    by_leader,
)
from waybill.kafka.protocol import TopicIdsRequest
from waybill.kafka.record_batches import read_records
from waybill.kafka.security import PLAINTEXT, KafkaSecurity

REPLICATION_MAX: Final = 3
FETCH_BYTES_MAX: Final = 256 * 1024
"""Of one response; a batch that is larger comes alone."""

_USABLE_POLL_SECONDS: Final = 0.02
_ACKS_ALL: Final = -1
_LATEST: Final = -1
_EARLIEST: Final = -2
_GROUP: Final = 0
_TOPIC_EXISTS: Final = 36
_OFFSET_OUT_OF_RANGE: Final = 1
_TOPIC_AUTHORIZATION_FAILED: Final = 29

# aiokafka's consumer requests metadata such that the broker creates a topic it has lost, with its
# default number of partitions. Only `create` may create topics.
aiokafka.client.MetadataRequest = partial(MetadataRequest, allow_auto_topic_creation=False)


class BrokerLink:
    """Connections to all reachable nodes of one cluster; usable until the first of them breaks.

    Every method raises BrokerUnavailableError when the link is broken or breaks.
    """

    def __init__(self, nodes: Mapping[int, AIOKafkaConnection]) -> None:
        self._nodes = nodes

    @classmethod
    async def open(
        cls, bootstrap_servers: str, security: KafkaSecurity = PLAINTEXT
    ) -> "BrokerLink":
        """Connect to every node that can be reached.

        Raises BrokerUnavailableError if none can, BrokerRefusedError if one does not accept us.
        """
        return cls(await connect_all(bootstrap_servers, security))

    async def close(self) -> None:
        """Close the connections."""
        for connection in self._nodes.values():
            connection.close()

    def check(self) -> None:
        """Raise BrokerUnavailableError when the link is known to be broken."""
        if not all(connection.connected() for connection in self._nodes.values()):
            raise BrokerUnavailableError("the connection to the broker is broken")

    async def prove(self) -> None:
        """Send a small request, to make sure that the link is unbroken.

        A broker's address belongs to one process at a time. So a response also shows that every
        connection opened before it leads to the same process.
        """
        await self._ask_any(TopicIdsRequest([]))

    async def topics(self, names: Iterable[str]) -> dict[str, TopicState]:
        """Return the state of those that exist; creates none. Raises BrokerRefusedError."""
        response = await self._ask_any(TopicIdsRequest(names))
        found: dict[str, TopicState] = {}
        for error, name, topic_id, _, partitions, *_ in response.topics:
            if error == _TOPIC_AUTHORIZATION_FAILED:
                raise_for(error, name)
            if not error and partitions:
                leaders = {number: leader for _, number, leader, *_ in partitions}
                found[name] = TopicState(topic_id, tuple(leaders[n] for n in sorted(leaders)))
        return found

    async def create(self, topics: Sequence[Topic]) -> None:
        """Create topics; those that exist already stay unchanged."""
        replication = min(REPLICATION_MAX, len(self._nodes))
        response = await self._ask_any(_creation(topics, replication))
        for name, error, *_ in response.topic_errors:
            if error not in {0, _TOPIC_EXISTS}:
                raise BrokerRefusedError(
                    f"topic {name} cannot be created: {for_code(error).__name__}"
                )

    async def end_offsets(
        self, partitions: Iterable[Partition], states: Mapping[str, TopicState]
    ) -> dict[Partition, int]:
        """Return the end offset of each log: the offset of its next record."""
        return await self._offsets(dict.fromkeys(partitions, _LATEST), states)

    async def start_offsets(
        self, partitions: Iterable[Partition], states: Mapping[str, TopicState]
    ) -> dict[Partition, int]:
        """Return the offset of the oldest record that each log still has."""
        return await self._offsets(dict.fromkeys(partitions, _EARLIEST), states)

    async def _offsets(
        self, times: Mapping[Partition, int], states: Mapping[str, TopicState]
    ) -> dict[Partition, int]:
        found: dict[Partition, int] = {}
        for node, wanted in by_leader(times, states).items():
            response = await self._ask(node, OffsetRequest(-1, 0, wanted))
            for topic, answers in response.topics:
                for number, error, _, offset in answers:
                    raise_for(error, Partition(topic, number))
                    found[Partition(topic, number)] = offset
        return found

    async def produce(
        self, batches: Mapping[Partition, bytes], states: Mapping[str, TopicState]
    ) -> dict[Partition, int | BrokerError]:
        """Append one batch to each partition, acknowledged by all in-sync replicas.

        Returns the offset of each batch's first record, or why it was not appended. A batch is
        appended whole or not at all. When this raises, it is unknown which ones were.
        """
        requests = [
            self._ask(node, ProduceRequest(_ACKS_ALL, REQUEST_TIMEOUT_MS, wanted))
            for node, wanted in by_leader(batches, states).items()
        ]
        answers = [await requests[0]] if len(requests) == 1 else await asyncio.gather(*requests)
        return {
            Partition(topic, number): error_of(error) or offset
            for answer in answers
            for topic, number, error, offset in answer
        }

    async def fetch(
        self, node: int, offsets: ByTopic[int], wait_ms: int, records_max: int
    ) -> dict[Partition, Chunk | None]:
        """Read from partitions that a node leads; waits at most `wait_ms` for a first record.

        Returns at most `records_max` records, and None for a log that does not have the offset.
        Raises BrokerRefusedError.
        """
        answers = await self._ask(node, FetchRequest(offsets, wait_ms, FETCH_BYTES_MAX))
        return _chunks(answers, offsets, records_max)

    async def committed(
        self, group: str, partitions: Iterable[Partition]
    ) -> dict[Partition, CommittedOffset]:
        """Return the committed offsets of a group, without partitions that have none."""
        coordinator = await self._ask_any(FindCoordinatorRequest(group, _GROUP))
        raise_for(coordinator.error_code, group)
        wanted: defaultdict[str, list[int]] = defaultdict(list)
        for topic, number in partitions:
            wanted[topic].append(number)
        response = await self._ask(
            coordinator.coordinator_id, OffsetFetchRequest(group, list(wanted.items()))
        )
        raise_for(response.error_code, group)
        return {
            Partition(topic, number): CommittedOffset(offset, metadata or "")
            for topic, answers in response.topics
            for number, offset, metadata, error in answers
            if not error and offset >= 0
        }

    async def _ask_any(self, request: Any) -> Any:  # noqa: ANN401 (aiokafka is untyped)
        return await self._ask(next(iter(self._nodes)), request)

    async def _ask(self, node: int, request: Any) -> Any:  # noqa: ANN401 (aiokafka is untyped)
        self.check()
        connection = self._nodes.get(node)
        if connection is None:
            raise BrokerUnavailableError(f"node {node} cannot be reached")
        try:
            return await connection.send(request)
        # uvloop raises RuntimeError for a write to a connection that has just been reset.
        except (KafkaError, OSError, RuntimeError) as error:
            connection.close()
            raise BrokerUnavailableError(f"{type(error).__name__}: {error}") from error


async def ensure_topics(
    bootstrap_servers: str, topics: Sequence[Topic], security: KafkaSecurity = PLAINTEXT
) -> None:
    """Create those of the topics that do not exist; return when they can be used.

    Raises BrokerError.
    """
    link = await BrokerLink.open(bootstrap_servers, security)
    try:
        await create_usable(link, topics)
    finally:
        await link.close()


async def create_usable(link: BrokerLink, topics: Sequence[Topic]) -> None:
    """Create topics that do not exist; return when each is known and has leaders.

    Kafka answers CreateTopics before. Raises BrokerError.
    """
    await link.create(topics)
    async with asyncio.timeout(REQUEST_TIMEOUT_MS / 1000):
        while not await _are_usable(link, topics):  # noqa: ASYNC110 - the broker's, not ours
            await asyncio.sleep(_USABLE_POLL_SECONDS)


async def _are_usable(link: BrokerLink, topics: Sequence[Topic]) -> bool:
    names = [topic.name for topic in topics]
    states = await link.topics(names)
    if len(states) < len(names):
        return False
    partitions = [Partition(name, n) for name in names for n in range(len(states[name].leaders))]
    try:
        await link.end_offsets(partitions, states)
    except BrokerUnavailableError:
        link.check()  # raises it again when it is the link that is broken
        return False
    return True


def _chunks(
    answers: Sequence[Fetched], offsets: ByTopic[int], records_max: int
) -> dict[Partition, Chunk | None]:
    starts = {Partition(topic, number): at for topic, wanted in offsets for number, at in wanted}
    chunks: dict[Partition, Chunk | None] = {}
    for topic, number, error, batches in answers:
        partition = Partition(topic, number)
        if error == _OFFSET_OUT_OF_RANGE:
            chunks[partition] = None
            continue
        raise_for(error, partition)
        if batches and records_max:
            chunks[partition] = chunk = _chunk(partition, batches, starts[partition], records_max)
            records_max -= len(chunk.records)
    return chunks


def _chunk(partition: Partition, batches: bytes, start: int, records_max: int) -> Chunk:
    try:
        records, end = read_records(*partition, batches, start, records_max)
    except UnreadableBatchError as error:
        return Chunk(start, error.next_offset, [], error)
    return Chunk(start, end, records)


def _creation(topics: Sequence[Topic], replication: int) -> CreateTopicsRequest:
    wanted: list[object] = [
        (topic.name, topic.partitions, replication, [], _topic_config(topic, replication))
        for topic in topics
    ]
    return CreateTopicsRequest(wanted, REQUEST_TIMEOUT_MS, validate_only=False)


def _topic_config(topic: Topic, replication: int) -> list[tuple[str, str]]:
    config = [("retention.ms", str(topic.retention_hours * 3_600_000))]
    if replication == REPLICATION_MAX:
        # With three replicas an acknowledged record survives the loss of one node.
        config.append(("min.insync.replicas", "2"))
    return config
