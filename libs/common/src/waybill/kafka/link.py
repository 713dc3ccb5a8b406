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
from typing import Final

import aiokafka.client  # type: ignore[import-untyped]  # it is untyped
from aiokafka.protocol.commit import OffsetFetchRequest  # type: ignore[import-untyped]
from aiokafka.protocol.coordination import FindCoordinatorRequest  # type: ignore[import-untyped]
from aiokafka.protocol.metadata import MetadataRequest  # type: ignore[import-untyped]
from aiokafka.protocol.offset import OffsetRequest  # type: ignore[import-untyped]

from waybill.events import Topic
from waybill.kafka.chunks import chunks_of
from waybill.kafka.connecting import REQUEST_TIMEOUT_MS, connect_all
from waybill.kafka.errors import (
    BrokerError,
    BrokerUnavailableError,
    error_of,
    raise_for,
)
from waybill.kafka.log_requests import FetchRequest, ProduceRequest
from waybill.kafka.nodes import Nodes
from waybill.kafka.partitions import (
    ByTopic,
    Chunk,
    CommittedOffset,
    Partition,
    TopicState,
    by_leader,
)
from waybill.kafka.protocol import TopicIdsRequest
from waybill.kafka.security import PLAINTEXT, KafkaSecurity
from waybill.kafka.topic_creation import create_topics

FETCH_BYTES_MAX: Final = 256 * 1024
"""Of one response; a batch that is larger comes alone."""

_USABLE_POLL_SECONDS: Final = 0.02
_ACKS_ALL: Final = -1
_LATEST: Final = -1
_EARLIEST: Final = -2
_GROUP: Final = 0
_TOPIC_AUTHORIZATION_FAILED: Final = 29

# aiokafka's consumer requests metadata such that the broker creates a topic it has lost, with its
# default number of partitions. Only `create` may create topics.
aiokafka.client.MetadataRequest = partial(MetadataRequest, allow_auto_topic_creation=False)


class BrokerLink:
    """Requests to all reachable nodes of one cluster; usable until the first connection breaks.

    Every method raises BrokerUnavailableError when the link is broken or breaks.
    """

    def __init__(self, nodes: Nodes, prefix: str = "") -> None:
        """Use these connections. Topics and groups are called by their names without `prefix`."""
        self._nodes = nodes
        self.prefix = prefix

    @classmethod
    async def open(
        cls, bootstrap_servers: str, security: KafkaSecurity = PLAINTEXT
    ) -> "BrokerLink":
        """Connect to every node that can be reached.

        Raises BrokerUnavailableError if none can, BrokerRefusedError if one does not accept us.
        """
        return cls(Nodes(await connect_all(bootstrap_servers, security)), security.prefix)

    async def close(self) -> None:
        """Close the connections."""
        self._nodes.close()

    def check(self) -> None:
        """Raise BrokerUnavailableError when the link is known to be broken."""
        self._nodes.check()

    async def prove(self) -> None:
        """Send a small request, to make sure that the link is unbroken.

        A broker's address belongs to one process at a time. So a response also shows that every
        connection opened before it leads to the same process.
        """
        await self._nodes.ask_any(TopicIdsRequest([]))

    async def topics(self, names: Iterable[str]) -> dict[str, TopicState]:
        """Return the state of those that exist; creates none. Raises BrokerRefusedError.

        Users of a link ask for it each second, so it also keeps idle connections open.
        """
        await self._nodes.keep_alive()
        wanted = [self.prefix + name for name in names]
        response = await self._nodes.ask_any(TopicIdsRequest(wanted))
        found: dict[str, TopicState] = {}
        for error, name, topic_id, _, partitions, *_ in response.topics:
            if error == _TOPIC_AUTHORIZATION_FAILED:
                raise_for(error, name)
            if not error and partitions:
                leaders = {number: leader for _, number, leader, *_ in partitions}
                state = TopicState(topic_id, tuple(leaders[n] for n in sorted(leaders)))
                found[name.removeprefix(self.prefix)] = state
        return found

    async def create(self, topics: Sequence[Topic]) -> None:
        """Create topics; those that exist already stay unchanged. Raises BrokerRefusedError."""
        await create_topics(self._nodes, topics, self.prefix)

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
        for node, wanted in by_leader(times, states, self.prefix).items():
            response = await self._nodes.ask(node, OffsetRequest(-1, 0, wanted))
            for topic, answers in response.topics:
                for number, error, _, offset in answers:
                    raise_for(error, Partition(topic, number))
                    found[self._partition(topic, number)] = offset
        return found

    async def produce(
        self, batches: Mapping[Partition, bytes], states: Mapping[str, TopicState]
    ) -> dict[Partition, int | BrokerError]:
        """Append one batch to each partition, acknowledged by all in-sync replicas.

        Returns the offset of each batch's first record, or why it was not appended. A batch is
        appended whole or not at all. When this raises, it is unknown which ones were.
        """
        requests = [
            self._nodes.ask(node, ProduceRequest(_ACKS_ALL, REQUEST_TIMEOUT_MS, wanted))
            for node, wanted in by_leader(batches, states, self.prefix).items()
        ]
        answers = [await requests[0]] if len(requests) == 1 else await asyncio.gather(*requests)
        return {
            self._partition(topic, number): error_of(error) or offset
            for answer in answers
            for topic, number, error, offset in answer
        }

    async def fetch(
        self,
        node: int,
        offsets: ByTopic[int],
        wait_ms: int,
        records_max: int,
        bytes_max: int = FETCH_BYTES_MAX,
    ) -> dict[Partition, Chunk | None]:
        """Read from partitions that a node leads; waits at most `wait_ms` for a first record.

        Returns at most `records_max` records, and None for a log that does not have the offset. A
        response has at least one batch, and more of them up to `bytes_max`.
        Raises BrokerRefusedError.
        """
        wanted = [(self.prefix + topic, each) for topic, each in offsets]
        answers = await self._nodes.ask(node, FetchRequest(wanted, wait_ms, bytes_max))
        return chunks_of(answers, offsets, records_max, self.prefix)

    async def committed(
        self, group: str, partitions: Iterable[Partition]
    ) -> dict[Partition, CommittedOffset]:
        """Return the committed offsets of a group, without partitions that have none."""
        group = self.prefix + group
        coordinator = await self._nodes.ask_any(FindCoordinatorRequest(group, _GROUP))
        raise_for(coordinator.error_code, group)
        wanted: defaultdict[str, list[int]] = defaultdict(list)
        for topic, number in partitions:
            wanted[self.prefix + topic].append(number)
        response = await self._nodes.ask(
            coordinator.coordinator_id, OffsetFetchRequest(group, list(wanted.items()))
        )
        raise_for(response.error_code, group)
        return {
            self._partition(topic, number): CommittedOffset(offset, metadata or "")
            for topic, answers in response.topics
            for number, offset, metadata, error in answers
            if not error and offset >= 0
        }

    def _partition(self, topic: str, number: int) -> Partition:
        return Partition(topic.removeprefix(self.prefix), number)


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
