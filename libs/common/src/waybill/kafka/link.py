"""A link to the broker: connections that never reconnect.

Kafka clients reconnect without notice. That is not safe when the broker may restart without some of
its data: a record sent over a new connection may be appended to a new, empty log, ahead of older
records that must be published again first. So a `BrokerLink` never reconnects. Its user opens
another one, and before using it compares the topic ids and log end offsets with those it knew.

    BrokerError
    ├── BrokerUnavailableError    the broker is down, or the link is broken: open another link
    └── BrokerRefusedError        the broker returned an error that a new link does not resolve
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

# A response takes milliseconds. After this the broker counts as down.
REQUEST_TIMEOUT_MS: Final = 10_000
REPLICATION_MAX: Final = 3

_ACKS_ALL: Final = -1
_LATEST: Final = -1
_GROUP: Final = 0
_TOPIC_EXISTS: Final = 36

# aiokafka's consumer requests metadata such that the broker creates a topic it has lost, with its
# default number of partitions. Only `create` may create topics.
aiokafka.client.MetadataRequest = partial(MetadataRequest, allow_auto_topic_creation=False)


class BrokerError(Exception):
    """A request to the broker failed."""


class BrokerUnavailableError(BrokerError):
    """The broker cannot be reached, or a connection of this link is broken."""


class BrokerRefusedError(BrokerError):
    """The broker refused a request."""


class Partition(NamedTuple):
    """A partition of a topic: one log."""

    topic: str
    number: int


class CommittedOffset(NamedTuple):
    """The offset that a group committed for a partition, and the metadata of that commit."""

    offset: int
    metadata: str


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic on the broker; `leaders` holds the leader node of each partition."""

    topic_id: UUID
    leaders: tuple[int, ...]


class BrokerLink:
    """Connections to all reachable nodes of one cluster; usable until the first of them breaks.

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
            raise BrokerUnavailableError(f"no broker responds at {bootstrap_servers}")
        return cls(nodes)

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
        await self._ask_any(FindCoordinatorRequest("waybill", _GROUP))

    async def topics(self, names: Iterable[str]) -> dict[str, TopicState]:
        """Return the state of those of the topics that exist. Creates none."""
        response = await self._ask_any(TopicIdsRequest(names))
        found: dict[str, TopicState] = {}
        for error, name, topic_id, _, partitions, *_ in response.topics:
            if not error and partitions:
                leaders = {number: leader for _, number, leader, *_ in partitions}
                found[name] = TopicState(topic_id, tuple(leaders[n] for n in sorted(leaders)))
        return found

    async def create(self, topics: Sequence[Topic]) -> None:
        """Create topics; those that exist already stay unchanged."""
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
                raise BrokerRefusedError(
                    f"topic {name} cannot be created: {for_code(error).__name__}"
                )

    async def end_offsets(
        self, partitions: Iterable[Partition], states: Mapping[str, TopicState]
    ) -> dict[Partition, int]:
        """Return the end offset of each log: the offset of its next record."""
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
        """Append one batch to each partition, acknowledged by all in-sync replicas.

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
        """Return the committed offsets of a group, without partitions that have none."""
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
    raise BrokerUnavailableError(f"no broker responds at {bootstrap_servers}")


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
    """Group values as Kafka's requests need them: node -> topic -> partition -> value."""
    nodes: defaultdict[int, defaultdict[str, list[tuple[int, Any]]]]
    nodes = defaultdict(lambda: defaultdict(list))
    for (topic, number), value in values.items():
        nodes[states[topic].leaders[number]][topic].append((number, value))
    return {node: list(topics.items()) for node, topics in nodes.items()}


def _topic_config(topic: Topic, replication: int) -> list[tuple[str, str]]:
    config = [("retention.ms", str(topic.retention_hours * 3_600_000))]
    if replication == REPLICATION_MAX:
        # With three replicas an acknowledged record survives the loss of one node.
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
