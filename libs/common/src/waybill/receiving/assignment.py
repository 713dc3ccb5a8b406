"""The partitions that the group has assigned to a consumer: positions, commits, rebalances.

An offset has a meaning only together with the id of its topic, so each commit carries the topic id
as its metadata. A broker that lost the logs has lost the offsets too. But a batch that was being
processed at that time may end later, and commit its offset to the new broker. Such an offset is
detected by its topic id, and the log is read from its start.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple

from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from waybill.kafka.errors import UnreadableBatchError
from waybill.kafka.fetcher import Chunks
from waybill.kafka.group import GroupMember
from waybill.kafka.link import BrokerLink
from waybill.kafka.partitions import CommittedOffset, Partition, TopicState
from waybill.kafka.record_batches import Record

_log = logging.getLogger(__name__)

COMMIT_SECONDS: Final = 0.25
"""Interval of commits. After a crash the events of this interval are read again; the inbox drops
them."""

_NOT_READ: Final = (
    "consumer: offset reset: %s: the broker has deleted the offsets %d to %d, which were not "
    "processed: events are missing; see the retention of the topic"
)

_NO_METADATA: Final = ""
"""Left by tools that set the offsets of a group. Such offsets are valid."""


class Batch(NamedTuple):
    """What to process, and the offset after it in each partition."""

    records: list[Record]
    unreadable: list[UnreadableBatchError]
    ends: dict[Partition, int]


class Assignment:
    """Where to read each assigned partition, and the offsets to commit.

    `states` are the topics on the broker. `processing` is held while a batch is processed, so that
    a rebalance waits for its end. If the rebalance times out first (the database is down), another
    replica may process the batch too: the inbox deduplicates.
    """

    def __init__(
        self,
        link: BrokerLink,
        member: GroupMember,
        group: str,
        states: Mapping[str, TopicState],
        on_assigned: Callable[[], None],
    ) -> None:
        self._link = link
        self._member = member
        self._group = group
        self.states = states
        self._on_assigned = on_assigned
        self.partitions: frozenset[Partition] = frozenset()
        self._positions: dict[Partition, int] = {}
        self._processed: dict[Partition, int] = {}
        self._committed_at = time.monotonic()
        self.processing = asyncio.Lock()

    async def positions(self) -> Mapping[Partition, int]:
        """Return the offsets to read at, of the partitions that the broker has.

        Where nothing was read yet: the committed offset, or else the start of the log.
        """
        unknown = [
            each
            for each in self.partitions - self._positions.keys()
            if each.number < len(self.states[each.topic].leaders)
        ]
        if unknown:
            committed = await self._committed(unknown)
            starts = await self._starts([each for each in unknown if each not in committed])
            self._positions |= {
                each: at for each, at in {**starts, **committed}.items() if each in self.partitions
            }
        return self._positions

    async def _committed(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        found = await self._link.committed(self._group, partitions)
        valid: dict[Partition, int] = {}
        for partition, (offset, metadata) in found.items():
            if metadata in {_NO_METADATA, self._topic_id(partition)}:
                valid[partition] = offset
            else:
                _log.warning("consumer: offset reset: %s was committed for another log", partition)
        return valid

    async def _starts(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        return await self._link.start_offsets(partitions, self.states) if partitions else {}

    async def take(self, chunks: Chunks) -> "Batch":
        """Return the records that come next, and move the positions behind them.

        Leaves out what was asked for before a rebalance. A partition that had records comes last in
        the next request, because a broker fills its response in the order of the request.
        """
        lost = [each for each, chunk in chunks.items() if chunk is None and each in self._positions]
        if lost:
            await self._reset(lost)
        batch = Batch([], [], {})
        for partition, chunk in chunks.items():
            if chunk is not None and self._positions.get(partition) == chunk.start:
                del self._positions[partition]
                self._positions[partition] = batch.ends[partition] = chunk.end
                batch.records.extend(chunk.records)
                if chunk.unreadable is not None:
                    batch.unreadable.append(chunk.unreadable)
        return batch

    async def _reset(self, partitions: Collection[Partition]) -> None:
        """Continue at the start of logs that do not have the offset to read at.

        A log that begins after this offset has lost its records to retention: nobody reads them. A
        log that ends before it has lost its tail: the relay of its service publishes it again.
        """
        for partition, start in (await self._starts(partitions)).items():
            at = self._positions[partition]
            if start > at:
                _log.error(_NOT_READ, partition, at, start - 1)
            else:
                _log.warning("consumer: offset reset: %s has no offset %d", partition, at)
            self._positions[partition] = start

    def processed(self, batch: "Batch") -> None:
        """Note the offsets to commit."""
        self._processed |= batch.ends

    async def commit_when_due(self) -> None:
        """Commit when the interval is over."""
        if time.monotonic() - self._committed_at >= COMMIT_SECONDS:
            await self.commit()

    async def commit(self) -> None:
        """Commit the offsets of processed records. A failure is logged, not raised."""
        processed, self._processed = self._processed, {}
        self._committed_at = time.monotonic()
        if not processed:
            return
        offsets = {
            each: CommittedOffset(at, self._topic_id(each)) for each, at in processed.items()
        }
        try:
            await self._member.commit(offsets)
        except (KafkaError, TimeoutError) as error:
            _log.info("consumer: offset commit failed, events will be redelivered: %s", error)

    async def revoked(self) -> None:
        """Commit before the partitions are assigned anew."""
        async with self.processing:
            await self.commit()
            self.partitions = frozenset()
            self._positions.clear()

    async def assigned(self, partitions: Collection[Partition]) -> None:
        """Read these partitions from now on."""
        # A batch that is being processed sets the processor's mode at its end, so wait for that.
        async with self.processing:
            self.partitions = frozenset(partitions)
            self._positions.clear()
            self._on_assigned()
        _log.info("consumer: rebalance: %d partitions assigned", len(partitions))

    def _topic_id(self, partition: Partition) -> str:
        return str(self.states[partition.topic].topic_id)
