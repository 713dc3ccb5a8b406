"""Commits a consumer's offsets, and resets an offset that belongs to another log.

An offset has a meaning only together with the id of its topic, so each commit carries the topic id
as its metadata. A broker that lost the logs has lost the offsets too. But a batch that was being
processed at that time may end later, and commit its offset to the new broker. Such an offset is
detected by its topic id and reset to the start of the log.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from aiokafka import (  # type: ignore[import-untyped]
    AIOKafkaConsumer,
    ConsumerRebalanceListener,
    TopicPartition,
)
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]
from typing_extensions import override

from waybill.kafka.link import BrokerLink, Partition

_log = logging.getLogger(__name__)

COMMIT_SECONDS: Final = 0.25
"""Interval of commits. After a crash the events of this interval are read again; the inbox drops
them."""
CALL_TIMEOUT_SECONDS: Final = 5.0

_NO_METADATA: Final = ""
"""Left by tools that set the offsets of a group. Such offsets are valid."""

Records = Mapping[TopicPartition, Sequence[Any]]


class OffsetTracker(ConsumerRebalanceListener):  # type: ignore[misc]
    """Commits offsets at an interval, and before partitions are revoked.

    `ids` are the ids of the topics. `processing` is held while a batch is processed, so that a
    rebalance waits for its end. If the rebalance times out first (the database is down), another
    replica may process the batch too: the inbox deduplicates.
    """

    def __init__(
        self,
        kafka: AIOKafkaConsumer,
        link: BrokerLink,
        group: str,
        ids: dict[str, UUID],
        on_assigned: Callable[[], None],
    ) -> None:
        self._kafka = kafka
        self._link = link
        self._group = group
        self.ids = ids
        self._on_assigned = on_assigned
        self._checked: set[TopicPartition] = set()
        self._offsets: dict[TopicPartition, int] = {}
        self._committed_at = time.monotonic()
        self.processing = asyncio.Lock()

    async def valid(self, records: Records) -> Records:
        """Return the records without those that were read from an offset of another log.

        The offset of such a partition is reset to the start of the log.
        """
        unchecked = self._kafka.assignment() - self._checked
        if not unchecked:
            return records
        found = await self._link.committed(self._group, [Partition(*each) for each in unchecked])
        self._checked |= unchecked
        foreign = {
            TopicPartition(*partition)
            for partition, committed in found.items()
            if committed.metadata not in {_NO_METADATA, str(self.ids[partition.topic])}
        }
        for partition in foreign:
            _log.warning("consumer: offset reset: %s was committed for another log", partition)
            self._kafka.seek(partition, 0)
        return {each: batch for each, batch in records.items() if each not in foreign}

    def processed(self, records: Records) -> None:
        """Record the offsets to commit."""
        for partition, batch in records.items():
            self._offsets[partition] = batch[-1].offset + 1

    async def commit_when_due(self) -> None:
        """Commit when the interval is over."""
        if time.monotonic() - self._committed_at >= COMMIT_SECONDS:
            await self.commit()

    async def commit(self) -> None:
        """Commit the offsets of assigned partitions. A failure is logged, not raised."""
        offsets, self._offsets = self._offsets, {}
        self._committed_at = time.monotonic()
        assigned = self._kafka.assignment()
        wanted = {
            partition: (at, str(self.ids[partition.topic]))
            for partition, at in offsets.items()
            if partition in assigned
        }
        if not wanted:
            return
        try:
            async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                await self._kafka.commit(wanted)
        except (KafkaError, TimeoutError) as error:
            _log.info("consumer: offset commit failed, events will be redelivered: %s", error)

    @override
    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        async with self.processing:
            await self.commit()
            self._checked.clear()

    @override
    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        # A batch that is being processed sets the processor's mode at its end, so wait for that.
        async with self.processing:
            self._on_assigned()
        _log.info("consumer: rebalance: %d partitions assigned", len(assigned))
