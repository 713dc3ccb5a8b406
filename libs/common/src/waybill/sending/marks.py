"""Marks of published events, which reach the outbox later and many at once.

A crash before they are written publishes these events again. Consumers drop them.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from waybill.clock import Clock
from waybill.kafka.partitions import Partition
from waybill.postgres import Connection
from waybill.sending.relay_store import Log, OutboxEvent, Published, mark_and_read


class Marks:
    """Published events that are not marked in the outbox yet, and how far their logs grew."""

    def __init__(self, connection: Connection, clock: Clock, retention: timedelta) -> None:
        self._connection = connection
        self._clock = clock
        self._retention = retention
        self._published: list[Published] = []
        self._logs: dict[Partition, Log] = {}

    def __len__(self) -> int:
        return len(self._published)

    def add(self, partition: Partition, positions: Iterable[int], log: Log) -> None:
        """Remember that the events at `positions` are in the batch with which `log` ends."""
        self._published += [
            Published(position, partition, offset)
            for offset, position in enumerate(positions, start=log.batch_offset)
        ]
        self._logs[partition] = log

    async def write_and_read(self, limit: int, *, skip: Collection[str]) -> list[OutboxEvent]:
        """Write the marks, and read the next unpublished events of topics not in `skip`."""
        rows = await mark_and_read(
            self._connection,
            self._published,
            self._logs,
            self._clock.now(),
            skip=skip,
            since=self.since(),
            limit=limit,
        )
        self._published, self._logs = [], {}
        return rows

    def since(self) -> datetime:
        """Return the time before which published events are history."""
        return self._clock.now() - self._retention
