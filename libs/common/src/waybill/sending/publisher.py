"""Publishes the outbox over one unbroken link to the broker.

Order: events are read by position, so per key in the order of the commits. Each partition has one
batch in flight at a time, which is appended whole or not at all. What was not appended is still
unpublished, so it comes first in the next round. A round that ends without a response may have been
appended or not; it is sent again. So a log may hold an event twice, but first occurrences are
always in order.

Committed events are published from memory, without reading the outbox, as long as the `Frontier`
shows that no earlier event is unpublished. When an append fails, the frontier is reset and the
outbox is read. Published events are marked later, many at once: after a crash in between they are
published again. `BrokerLogs` detects lost logs.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from waybill.clock import Clock
from waybill.events import Topic, encode_headers
from waybill.kafka.errors import BrokerUnavailableError
from waybill.kafka.link import BrokerLink
from waybill.kafka.partitions import Partition, TopicState
from waybill.kafka.record_batches import RecordBatch, partition_of
from waybill.postgres import Connection
from waybill.sending.broker_logs import BrokerLogs
from waybill.sending.commit_queue import CommittedEvents
from waybill.sending.frontier import Frontier
from waybill.sending.hole_check import HoleCheck
from waybill.sending.marks import Marks
from waybill.sending.metrics import PUBLISH_DELAY_SECONDS, PUBLISH_SECONDS, PUBLISHED
from waybill.sending.publish_spans import NO_SPANS, begin_round
from waybill.sending.relay_store import OutboxEvent, outbox_event

Batches: TypeAlias = dict[Partition, RecordBatch]

# Large enough to make the round trips cheap per event, small enough for each to take milliseconds.
ROUND_EVENTS_MAX: Final = 500

UNMARKED_MAX: Final = 500
"""So many published events are marked at once; the statement takes milliseconds."""


class Publisher:
    """Publishes the outbox; usable as long as its connection and its link."""

    def __init__(
        self,
        connection: Connection,
        link: BrokerLink,
        topics: Sequence[Topic],
        *,
        clock: Clock,
        retention: timedelta,
        creates_topics: bool = True,
        on_published: Callable[[int], None] = lambda _count: None,
    ) -> None:
        """`on_published` gets the number of events of each batch that the broker acknowledged."""
        self._connection = connection
        self._link = link
        self._on_published = on_published
        self._now = clock.now
        self._marks = Marks(connection, clock, retention)
        self._logs = BrokerLogs(
            connection,
            link,
            topics,
            creates_topics=creates_topics,
            since=self._marks.since,
            on_loss=self._require_read,
        )
        self._frontier = Frontier()
        self._must_read = True
        self._spans = NO_SPANS
        self.holes = HoleCheck(connection, self._frontier)
        self.is_behind = False
        """Whether the last round left events that could be published now."""

    @property
    def is_open(self) -> bool:
        """Whether published events are unmarked, or holes unresolved."""
        return bool(self._marks) or self._frontier.has_holes

    @property
    def faults(self) -> Sequence[str]:
        """What an operator has to change at the broker, as of the last check."""
        return self._logs.faults

    async def start(self) -> None:
        """Read which logs were published to, and compare the broker with them."""
        await self._logs.start()
        await self.check_broker()

    async def check_broker(self) -> None:
        """Create missing topics of this service; find lost logs."""
        # Only marked events can be found as lost.
        await self.mark()
        await self._logs.check()

    async def publish_round(self, committed: CommittedEvents) -> int:
        """Publish committed events, and read the outbox if necessary; returns how many.

        Skips events whose topic does not exist yet. Published events are marked by the next read of
        the outbox, or by `mark`.
        """
        # The advisory lock is lost with the connection, so stop when the connection is lost.
        self._connection.check()
        self.is_behind = False
        admitted = self._admitted(committed)
        if admitted is None:
            return await self._publish_outbox([event.position for event in committed.events])
        count = await self._publish(admitted)
        if count < len(admitted):
            self._require_read()
        if len(self._marks) >= UNMARKED_MAX:
            await self.mark()
        return count

    def _admitted(self, committed: CommittedEvents) -> list[OutboxEvent] | None:
        is_known = all(each.event.topic in self._logs.states for each in committed.events)
        if self._must_read or committed.is_incomplete or self._logs.skipped() or not is_known:
            return None
        admitted = self._frontier.admit(committed.events)
        return None if admitted is None else list(map(outbox_event, admitted))

    async def _publish_outbox(self, known: Sequence[int]) -> int:
        """Publish what is in the outbox; events at `known` positions were committed before."""
        rows = await self._marks.write_and_read(ROUND_EVENTS_MAX, skip=self._logs.skipped())
        unseen = {row.topic for row in rows} - self._logs.names
        if unseen:
            self._logs.names |= unseen
            await self.check_broker()
            # Lost events come before those that were just read, so read again.
            return await self._publish_outbox(known)
        count = await self._publish(rows)
        if count == len(rows) < ROUND_EVENTS_MAX and not self._logs.skipped():
            self._must_read = False
            self._frontier.caught_up([*known, *(row.position for row in rows)])
            self.holes.outbox_was_read()
        else:
            self._require_read()
            self.is_behind = len(rows) == ROUND_EVENTS_MAX or 0 < count < len(rows)
        return count

    def _require_read(self) -> None:
        """Read the outbox before publishing anything else."""
        self._frontier.reset()
        self.holes.reset()
        self._must_read = self.is_behind = True

    async def mark(self) -> None:
        """Mark published events in the outbox."""
        if self._marks:
            await self._marks.write_and_read(0, skip=self._logs.skipped())

    async def _publish(self, rows: Sequence[OutboxEvent]) -> int:
        batches = _batches(rows, self._logs.states, self._now())
        self._spans = begin_round(rows)
        count = await self._append(batches) if batches else 0
        _observe_delay(self._now(), rows[:count])
        self._spans.end(count)
        return count

    async def _append(self, batches: Batches) -> int:
        encoded = {partition: batch.encode() for partition, batch in batches.items()}
        with PUBLISH_SECONDS.time():
            results = await self._link.produce(encoded, self._logs.states)
        before = len(self._marks)
        regressed: dict[Partition, int] = {}
        failure: BrokerUnavailableError | None = None
        for partition, batch in batches.items():
            result = results.get(partition, BrokerUnavailableError("no response for a partition"))
            if isinstance(result, BrokerUnavailableError):
                failure = result
            elif isinstance(result, Exception):
                reason = f"events of {partition.topic} are refused: {result}"
                self._logs.refuse(partition.topic, reason)
            elif self._logs.has_regressed(partition, result):
                regressed[partition] = result
            else:
                self._marks.add(partition, batch.positions, self._logs.appended(partition, result))
                self._on_published(len(batch.positions))
                _count(batch.types)
                self._spans.acknowledged(partition, batch.positions, result)
        count = len(self._marks) - before
        if failure is not None or regressed:
            # Only marked events can be found as lost.
            await self.mark()
        for partition, end in regressed.items():
            await self._logs.clear_tail(partition, end)
        if failure is not None:
            raise failure
        return count


def _observe_delay(now: datetime, published: Sequence[OutboxEvent]) -> None:
    if published:
        PUBLISH_DELAY_SECONDS.observe((now - published[0].envelope.time).total_seconds())


def _count(types: Sequence[str]) -> None:
    for event_type, events in Counter(types).items():
        PUBLISHED.labels(event_type).inc(events)


def _batches(
    rows: Sequence[OutboxEvent], states: Mapping[str, TopicState], now: datetime
) -> Batches:
    """Make one batch for each partition of an existing topic, up to the size of a batch."""
    batches: Batches = {}
    full: set[Partition] = set()
    # Kafka deletes records by it. By the time of an event, one that has waited in the outbox for
    # longer than the retention of its topic would be deleted before consumers read it.
    timestamp_ms = int(now.timestamp() * 1000)
    for row in rows:
        state = states.get(row.topic)
        if state is None:
            continue
        key = row.key.encode()
        partition = Partition(row.topic, partition_of(key, len(state.leaders)))
        if partition in full:
            continue
        batch = batches.setdefault(partition, RecordBatch())
        headers = encode_headers(row.envelope)
        if batch.append(row.position, key, row.payload, headers, timestamp_ms):
            batch.types.append(row.envelope.type)
        else:
            full.add(partition)
    return batches
