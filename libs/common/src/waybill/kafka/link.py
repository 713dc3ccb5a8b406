"""A link to the broker: connections that, once broken, stay broken.

Clients of Kafka reconnect in silence. That is not good enough where the broker may come back with
less than it had: a record sent on a connection renewed a moment ago may land in a new, empty log,
ahead of older ones that have to be sent again first. So a `BrokerLink` never reconnects. Whoever
uses it opens another one, and before trusting that compares what it finds (ids of the topics, ends
of their logs) with what it knew.

    BrokerError
    ├── BrokerUnavailableError    the broker is away, or the link has broken: open another one
    └── BrokerRefusedError        the broker answered with an error that a new link will not cure
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

import aiokafka.client  # type: ignore[import-untyped]
from aiokafka.conn import (  # type: ignore[import-untyped]
    AIOKafkaConnection,
    collect_hosts,
    create_conn,
)
from aiokafka.errors import KafkaError, for_code  # type: ignore[import-untyped]
from aiokafka.protocol.admin import CreateTopicsRequest  # type: ignore[import-untyped]
from aiokafka.protocol.commit import OffsetFetchRequest  # type: ignore[import-untyped]
from aiokafka.protocol.coordination import FindCoordinatorRequest  # type: ignore[import-untyped]
from aiokafka.protocol.metadata import MetadataRequest  # type: ignore[import-untyped]
from aiokafka.protocol.offset import OffsetRequest  # type: ignore[import-untyped]
from aiokafka.protocol.produce import ProduceRequest  # type: ignore[import-untyped]

from waybill.events import Topic
from waybill.kafka.protocol import TopicIdsRequest

# An answer takes milliseconds. After this the broker is as good as gone.
REQUEST_TIMEOUT_MS: Final = 10_000
REPLICATION_MAX: Final = 3

_ACKS_ALL: Final = -1
_LATEST: Final = -1
_GROUP: Final = 0
_TOPIC_EXISTS: Final = 36

# aiokafka's consumer asks for metadata in a way that makes the broker create a topic it has lost,
# with a number of partitions that nobody declared. Topics are made by `create` and by nothing else.
aiokafka.client.MetadataRequest = partial(MetadataRequest, allow_auto_topic_creation=False)


class BrokerError(Exception):
    """Something that had to do with the broker did not work."""


class BrokerUnavailableError(BrokerError):
    """The broker cannot be reached, or a connection of this link has broken."""


class BrokerRefusedError(BrokerError):
    """The broker said no."""


class Partition(NamedTuple):
    """One log."""

    topic: str
    number: int


class CommittedOffset(NamedTuple):
    """Where a group is to go on in a partition, and the note that was left with it."""

    offset: int
    note: str


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as it is on the broker; `leaders` holds the node of each partition."""

    topic_id: UUID
    leaders: tuple[int, ...]


class BrokerLink:
    """Connections to all reachable nodes of one cluster; good until the first of them breaks.

    Every method raises BrokerUnavailableError when the link is broken or breaks.
    """

    def __init__(self, nodes: Mapping[int, AIOKafkaConnection]) -> None:
        self._nodes = nodes

    @classmethod
    async def open(cls, bootstrap_servers: str) -> "BrokerLink":
        """Connect to every node that can be reached. Raises BrokerUnavailableError if none can."""
        nodes: dict[int, AIOKafkaConnection] = {}
        for node, host, port in await _nodes(bootstrap_servers):
            connection = await _connect(host, port)
            if connection is not None:
                nodes[node] = connection
        if not nodes:
            raise BrokerUnavailableError(f"no broker answers at {bootstrap_servers}")
        return cls(nodes)

    async def close(self) -> None:
        """Close the connections."""
        for connection in self._nodes.values():
            connection.close()

    def check(self) -> None:
        """Raise BrokerUnavailableError when the link is known to be broken."""
        if not all(connection.connected() for connection in self._nodes.values()):
            raise BrokerUnavailableError("the connection to the broker has broken")

    async def prove(self) -> None:
        """Ask a small question, to be sure that the link is unbroken.

        As a broker's address belongs to one process at a time, this vouches for every connection
        to the broker that was made before, and for all that comes over it.
        """
        await self._ask_any(FindCoordinatorRequest("waybill", _GROUP))

    async def topics(self, names: Iterable[str]) -> dict[str, TopicState]:
        """Tell which of these topics exist, and as what. Creates none."""
        response = await self._ask_any(TopicIdsRequest(names))
        found: dict[str, TopicState] = {}
        for error, name, topic_id, _, partitions, *_ in response.topics:
            if not error and partitions:
                leaders = {number: leader for _, number, leader, *_ in partitions}
                found[name] = TopicState(topic_id, tuple(leaders[n] for n in sorted(leaders)))
        return found

    async def create(self, topics: Sequence[Topic]) -> None:
        """Make topics; those that exist already are left as they are."""
        replication = min(REPLICATION_MAX, len(self._nodes))
        wanted: list[object] = [
            (topic.name, topic.partitions, replication, [], _topic_config(topic, replication))
            for topic in topics
        ]
        response = await self._ask_any(
            CreateTopicsRequest(wanted, REQUEST_TIMEOUT_MS, validate_only=False)
        )
        for name, error, *_ in response.topic_errors:
            if error not in {0, _TOPIC_EXISTS}:
                raise BrokerRefusedError(f"topic {name} is not created: {for_code(error).__name__}")

    async def end_offsets(
        self, partitions: Iterable[Partition], states: Mapping[str, TopicState]
    ) -> dict[Partition, int]:
        """Tell where each log ends: the offset of its next record."""
        ends: dict[Partition, int] = {}
        for node, wanted in _by_leader(dict.fromkeys(partitions, _LATEST), states).items():
            response = await self._ask(node, OffsetRequest(-1, 0, wanted))
            for topic, answers in response.topics:
                for number, error, _, offset in answers:
                    _raise_for(error, Partition(topic, number))
                    ends[Partition(topic, number)] = offset
        return ends

    async def produce(
        self, batches: Mapping[Partition, bytes], states: Mapping[str, TopicState]
    ) -> dict[Partition, int | BrokerError]:
        """Append one batch to each partition, and wait for all replicas in sync to have it.

        Returns the offset of each batch's first record, or why it was not appended. A batch is
        appended whole or not at all. When this raises, it is unknown which ones were.
        """
        requests = [
            self._ask(node, ProduceRequest(None, _ACKS_ALL, REQUEST_TIMEOUT_MS, wanted))
            for node, wanted in _by_leader(batches, states).items()
        ]
        results: dict[Partition, int | BrokerError] = {}
        for response in await asyncio.gather(*requests):
            for topic, answers in response.topics:
                for number, error, offset, *_ in answers:
                    results[Partition(topic, number)] = _error(error) or offset
        return results

    async def committed(
        self, group: str, partitions: Iterable[Partition]
    ) -> dict[Partition, CommittedOffset]:
        """Tell where a consumer group is to go on; partitions without a commit are left out."""
        coordinator = await self._ask_any(FindCoordinatorRequest(group, _GROUP))
        _raise_for(coordinator.error_code, group)
        wanted: defaultdict[str, list[int]] = defaultdict(list)
        for topic, number in partitions:
            wanted[topic].append(number)
        response = await self._ask(
            coordinator.coordinator_id, OffsetFetchRequest(group, list(wanted.items()))
        )
        _raise_for(response.error_code, group)
        return {
            Partition(topic, number): CommittedOffset(offset, note or "")
            for topic, answers in response.topics
            for number, offset, note, error in answers
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
        # RuntimeError: uvloop's word for a write to a connection that was reset a moment ago.
        except (KafkaError, OSError, RuntimeError) as error:
            connection.close()
            raise BrokerUnavailableError(f"{type(error).__name__}: {error}") from error


async def ensure_topics(bootstrap_servers: str, topics: Sequence[Topic]) -> None:
    """Create those of the topics that do not exist. Raises BrokerError."""
    link = await BrokerLink.open(bootstrap_servers)
    try:
        found = await link.topics(topic.name for topic in topics)
        missing = [topic for topic in topics if topic.name not in found]
        if missing:
            await link.create(missing)
    finally:
        await link.close()


async def _nodes(bootstrap_servers: str) -> list[tuple[int, str, int]]:
    for host, port, _ in collect_hosts(bootstrap_servers):
        connection = await _connect(host, port)
        if connection is None:
            continue
        try:
            response = await connection.send(TopicIdsRequest([]))
            return [(node, host, port) for node, host, port, *_ in response.brokers]
        except (KafkaError, OSError):
            continue
        finally:
            connection.close()
    raise BrokerUnavailableError(f"no broker answers at {bootstrap_servers}")


async def _connect(host: str, port: int) -> AIOKafkaConnection | None:
    try:
        return await create_conn(
            host, port, client_id="waybill", request_timeout_ms=REQUEST_TIMEOUT_MS
        )
    except (KafkaError, OSError):
        return None


def _by_leader(
    values: Mapping[Partition, Any], states: Mapping[str, TopicState]
) -> dict[int, list[tuple[str, list[tuple[int, Any]]]]]:
    """Arrange values as Kafka's requests want them: node -> topic -> partition -> value."""
    nodes: defaultdict[int, defaultdict[str, list[tuple[int, Any]]]]
    nodes = defaultdict(lambda: defaultdict(list))
    for (topic, number), value in values.items():
        nodes[states[topic].leaders[number]][topic].append((number, value))
    return {node: list(topics.items()) for node, topics in nodes.items()}


def _topic_config(topic: Topic, replication: int) -> list[tuple[str, str]]:
    config = [("retention.ms", str(topic.retention_hours * 3_600_000))]
    if replication == REPLICATION_MAX:
        # With three copies an acknowledged record outlives the loss of one node.
        config.append(("min.insync.replicas", "2"))
    return config


def _error(code: int) -> BrokerError | None:
    if not code:
        return None
    kind = for_code(code)
    if kind.retriable or kind.invalid_metadata:
        return BrokerUnavailableError(kind.__name__)
    return BrokerRefusedError(kind.__name__)


def _raise_for(code: int, subject: object) -> None:
    error = _error(code)
    if error is not None:
        raise type(error)(f"{subject}: {error}")
