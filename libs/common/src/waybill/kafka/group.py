"""Membership in a consumer group, by aiokafka's coordinator.

aiokafka joins, rebalances, sends heartbeats and commits. It does not fetch: see `fetcher`.

A member with an instance id is a static one (KIP-345): after a crash it replaces itself, instead of
waiting until the session of its former process is over. Kafka's own clients do not leave the group
when they stop, if they have an id. This one does, because the next process may have another id.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping
from typing import Final, Protocol

from aiokafka import ConsumerRebalanceListener, TopicPartition  # type: ignore[import-untyped]
from aiokafka.client import AIOKafkaClient  # type: ignore[import-untyped]
from aiokafka.consumer.group_coordinator import GroupCoordinator  # type: ignore[import-untyped]
from aiokafka.consumer.subscription_state import (  # type: ignore[import-untyped]
    SubscriptionState,
)
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]
from aiokafka.structs import OffsetAndMetadata  # type: ignore[import-untyped]
from typing_extensions import override

from waybill.kafka.partitions import CommittedOffset, Partition
from waybill.kafka.security import PLAINTEXT, KafkaSecurity

_log = logging.getLogger(__name__)

CALL_TIMEOUT_SECONDS: Final = 5.0
JOIN_TIMEOUT_SECONDS: Final = 30.0
HEARTBEATS: Final = 3
"""Heartbeats in one session timeout, as Kafka advises."""
# A batch takes milliseconds. While the database is down, other replicas do not wait for it.
REBALANCE_TIMEOUT_MS: Final = 10_000
# aiokafka's own fetcher would show that this process is busy. The heartbeats show it here.
_NO_LIMIT_MS: Final = 10**12


class Listener(Protocol):
    """Told of each rebalance, which goes on when the call returns."""

    async def revoked(self) -> None:
        """Stop processing: all partitions are taken away."""

    async def assigned(self, partitions: Collection[Partition]) -> None:
        """Process these partitions from now on."""


class GroupMember:
    """A member of a consumer group."""

    def __init__(
        self,
        bootstrap_servers: str,
        group: str,
        session_timeout_ms: int,
        security: KafkaSecurity = PLAINTEXT,
        *,
        instance_id: str | None = None,
    ) -> None:
        self._instance_id = instance_id
        self._client = AIOKafkaClient(bootstrap_servers=bootstrap_servers, **security.arguments())
        self._prefix = security.prefix
        self._subscription = SubscriptionState()
        self._group = group
        self._session_timeout_ms = session_timeout_ms
        self._coordinator: GroupCoordinator | None = None
        self._listener: _Rebalances | None = None

    async def join(self, topics: Iterable[str], listener: Listener) -> None:
        """Join the group, and wait until partitions are assigned. Raises KafkaError, OSError."""
        self._listener = _Rebalances(listener, self._prefix)
        self.subscribe(topics)
        async with asyncio.timeout(JOIN_TIMEOUT_SECONDS):
            await self._client.bootstrap()
            self._coordinator = _Coordinator(
                self._client,
                self._subscription,
                group_id=self._prefix + self._group,
                group_instance_id=self._instance_id,
                enable_auto_commit=False,
                session_timeout_ms=self._session_timeout_ms,
                heartbeat_interval_ms=self._session_timeout_ms // HEARTBEATS,
                rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
                max_poll_interval_ms=_NO_LIMIT_MS,
            )
            await self._subscription.wait_for_assignment()

    def subscribe(self, topics: Iterable[str]) -> None:
        """Change the topics; the group rebalances."""
        names = {self._prefix + topic for topic in topics}
        self._subscription.subscribe(topics=names, listener=self._listener)
        self._client.set_topics(self._subscription.subscription.topics)

    def check(self) -> None:
        """Raise KafkaError when the group refuses this member."""
        if self._coordinator is not None:
            self._coordinator.check_errors()

    async def commit(self, offsets: Mapping[Partition, CommittedOffset]) -> None:
        """Commit offsets of assigned partitions. Raises KafkaError, TimeoutError."""
        if self._coordinator is None:
            return
        wanted = {
            TopicPartition(self._prefix + topic, number): OffsetAndMetadata(*at)
            for (topic, number), at in offsets.items()
        }
        async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
            assignment = self._subscription.subscription.assignment
            await self._coordinator.commit_offsets(assignment, wanted)

    async def leave(self) -> None:
        """Leave the group. A failure is logged: the group notices that heartbeats are missing."""
        try:
            async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                if self._coordinator is not None:
                    await self._coordinator.close()
        except (TimeoutError, KafkaError) as error:
            _log.info("consumer: leaving the group failed: %s", error)
        finally:
            await self._client.close()


class _Coordinator(GroupCoordinator):  # type: ignore[misc] # aiokafka has no types
    _group_instance_id: str | None

    @override
    async def _maybe_leave_group(self) -> None:
        instance_id, self._group_instance_id = self._group_instance_id, None
        try:
            await super()._maybe_leave_group()
        finally:
            self._group_instance_id = instance_id


class _Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, listener: Listener, prefix: str) -> None:
        self._listener = listener
        self._prefix = prefix

    @override
    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        await self._listener.revoked()

    @override
    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        await self._listener.assigned(
            [Partition(topic.removeprefix(self._prefix), number) for topic, number in assigned]
        )
