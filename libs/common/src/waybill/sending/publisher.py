"""Publishing the outbox over one unbroken link to the broker.

Order: events are taken by position, so per key in the order of the commits. Of each partition one
batch is on its way at a time, and it is appended whole or not at all. What was not appended is
still unpublished, so it comes first in the next round. A round that ends without an answer may have
been appended or not; it is sent again. So the log may hold an event twice, but first occurrences
are always in order.

Events that were handed over in memory are published without a look in the outbox as long as the
`Frontier` knows that nothing is left behind. Whenever anything was not appended it is told to
forget, and the outbox is read. That events are published is noted later, for many at once: a crash
in between means that they are published again.

A broker that has lost something: before anything is published over a new link, and every second
after, `look` compares the logs with what is on record. A topic with another id (or a log that ends
too early) was lost, and everything that is missing is published again before anything newer.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from waybill.clock import Clock
from waybill.events import Topic, encode_headers
from waybill.kafka.link import (
    BrokerLink,
    BrokerUnavailableError,
    Partition,
    TopicState,
)
from waybill.kafka.record_batches import RecordBatch, partition_of
from waybill.postgres import Connection
from waybill.sending.frontier import Frontier, Suspects
from waybill.sending.handover import Handed
from waybill.sending.relay_store import (
    Log,
    OutboxEvent,
    Published,
    clear_tail,
    clear_topic,
    mark_and_read,
    newest_transaction,
    oldest_transaction,
    outbox_event,
    published_logs,
)

_log = logging.getLogger(__name__)

# Large enough to make the round trips cheap per event, small enough for each to take milliseconds.
ROUND_EVENTS_MAX: Final = 500

UNMARKED_MAX: Final = 500
"""Then it is noted what is published: a statement of milliseconds, too."""


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """Whether holes are dead: they are when all transactions below `newest` have ended."""

    suspects: Suspects
    newest: int


class Publisher:
    """Publishes what is in the outbox; good as long as its connection and its link."""

    def __init__(
        self,
        connection: Connection,
        link: BrokerLink,
        topics: Sequence[Topic],
        *,
        clock: Clock,
        retention: timedelta,
    ) -> None:
        self._connection = connection
        self._link = link
        self._owned = topics
        self._clock = clock
        self._retention = retention
        self._names = {topic.name for topic in topics}
        self._logs: dict[Partition, Log] = {}
        self._states: dict[str, TopicState] = {}
        self._refused: set[str] = set()
        self._unmarked: list[Published] = []
        self._grown: dict[Partition, Log] = {}
        self._frontier = Frontier()
        self._must_read = True
        self._inquiry: _Inquiry | None = None
        self._dead: Suspects | None = None
        self.is_behind = False
        """Whether the last round left anything that could be published now."""

    @property
    def is_open(self) -> bool:
        """Whether there is anything to note or to find out when nothing is to be published."""
        return bool(self._unmarked) or self._frontier.has_holes

    async def start(self) -> None:
        """Read what is on record, and look for the first time."""
        self._logs = await published_logs(self._connection)
        self._names |= {partition.topic for partition in self._logs}
        await self.look()

    async def ask_for_holes(self) -> None:
        """Find out in two steps, one each time, whether the holes of the frontier are dead.

        They are when the outbox is read after this.
        """
        if not self._frontier.has_holes:
            self._inquiry = None
        elif self._inquiry is None:
            suspects = self._frontier.suspects()
            self._inquiry = _Inquiry(suspects, await newest_transaction(self._connection))
        elif await oldest_transaction(self._connection) >= self._inquiry.newest:
            self._dead, self._inquiry = self._inquiry.suspects, None

    async def look(self) -> None:
        """Make the topics of this service that are missing; find what the broker has lost."""
        # What is lost is looked for among the marks, so they have to be there.
        await self.mark()
        self._states = await self._link.topics(self._names)
        missing = [topic for topic in self._owned if topic.name not in self._states]
        if missing:
            await self._link.create(missing)
            self._states = await self._link.topics(self._names)
        self._refused.clear()
        await self._find_lost_topics()
        await self._find_lost_tails()

    async def publish_round(self, handed: Handed) -> int:
        """Publish what was handed over, and what is in the outbox if need be; returns how many.

        Events of topics not there yet are left. That they are published is noted by the next look
        in the outbox, or by `mark`.
        """
        # The lead is lost with the connection, so it is when that is known to be lost.
        self._connection.check()
        self.is_behind = False
        admitted = self._admitted(handed)
        if admitted is None:
            return await self._publish_outbox([event.position for event in handed.events])
        batches = self._batches(admitted)
        count = await self._append(batches) if batches else 0
        if count < len(admitted):
            self._leave_behind()
        if len(self._unmarked) >= UNMARKED_MAX:
            await self.mark()
        return count

    def _admitted(self, handed: Handed) -> list[OutboxEvent] | None:
        is_known = all(each.event.topic in self._states for each in handed.events)
        if self._must_read or handed.is_incomplete or self._skipped() or not is_known:
            return None
        admitted = self._frontier.admit(handed.events)
        return None if admitted is None else list(map(outbox_event, admitted))

    async def _publish_outbox(self, known: Sequence[int]) -> int:
        """Publish what is in the outbox; events at `known` positions were there before."""
        rows = await self._mark_and_read(ROUND_EVENTS_MAX)
        unseen = {row.topic for row in rows} - self._names
        if unseen:
            self._names |= unseen
            await self.look()
            # What was lost comes before what was just read, so read again.
            return await self._publish_outbox(known)
        batches = self._batches(rows)
        count = await self._append(batches) if batches else 0
        if count == len(rows) < ROUND_EVENTS_MAX and not self._skipped():
            self._caught_up([*known, *(row.position for row in rows)])
        else:
            self._leave_behind()
            self.is_behind = len(rows) == ROUND_EVENTS_MAX or 0 < count < len(rows)
        return count

    def _caught_up(self, positions: Iterable[int]) -> None:
        self._must_read = False
        self._frontier.caught_up(positions)
        if self._dead is not None:
            self._frontier.bury(self._dead)
            self._dead = None

    def _leave_behind(self) -> None:
        """Let the outbox be read before anything else is published."""
        self._frontier.forget()
        self._inquiry = self._dead = None
        self._must_read = self.is_behind = True

    def _skipped(self) -> set[str]:
        """Return the topics whose events stay in the outbox for now."""
        return (self._names - self._states.keys()) | self._refused

    async def mark(self) -> None:
        """Note what was published and is not noted yet."""
        if self._unmarked:
            await self._mark_and_read(0)

    async def _mark_and_read(self, limit: int) -> list[OutboxEvent]:
        rows = await mark_and_read(
            self._connection,
            self._unmarked,
            self._grown,
            self._clock.now(),
            skip=self._skipped(),
            since=self._since(),
            limit=limit,
        )
        self._unmarked, self._grown = [], {}
        return rows

    def _batches(self, rows: Sequence[OutboxEvent]) -> dict[Partition, RecordBatch]:
        batches: dict[Partition, RecordBatch] = {}
        full: set[Partition] = set()
        for row in rows:
            state = self._states.get(row.topic)
            if state is None:
                continue
            key = row.key.encode()
            partition = Partition(row.topic, partition_of(key, len(state.leaders)))
            if partition in full:
                continue
            batch = batches.setdefault(partition, RecordBatch())
            headers = encode_headers(row.envelope)
            timestamp_ms = int(row.envelope.time.timestamp() * 1000)
            if not batch.append(row.position, key, row.payload, headers, timestamp_ms):
                full.add(partition)
        return batches

    async def _append(self, batches: dict[Partition, RecordBatch]) -> int:
        encoded = {partition: batch.encode() for partition, batch in batches.items()}
        results = await self._link.produce(encoded, self._states)
        before = len(self._unmarked)
        regressed: dict[Partition, int] = {}
        failure: BrokerUnavailableError | None = None
        for partition, batch in batches.items():
            result = results.get(partition, BrokerUnavailableError("no answer for a partition"))
            if isinstance(result, BrokerUnavailableError):
                failure = result
            elif isinstance(result, Exception):
                _log.error("broker refuses events of %s: %s", partition, result)
                self._refused.add(partition.topic)
            elif partition in self._logs and result <= self._logs[partition].batch_offset:
                regressed[partition] = result
            else:
                self._note(partition, batch, result)
        count = len(self._unmarked) - before
        if failure is not None or regressed:
            # What is lost is looked for among the marks, so they have to be there.
            await self.mark()
        for partition, end in regressed.items():
            await self._clear_tail(partition, end)
        if failure is not None:
            raise failure
        return count

    def _note(self, partition: Partition, batch: RecordBatch, batch_offset: int) -> None:
        positions = enumerate(batch.positions, start=batch_offset)
        self._unmarked += [Published(position, partition, offset) for offset, position in positions]
        log = Log(self._states[partition.topic].topic_id, batch_offset)
        self._grown[partition] = self._logs[partition] = log

    async def _find_lost_topics(self) -> None:
        lost = {
            partition.topic
            for partition, log in self._logs.items()
            if partition.topic in self._states
            and self._states[partition.topic].topic_id != log.topic_id
        }
        for topic in lost:
            self._leave_behind()
            count = await clear_topic(self._connection, topic, self._since())
            self._logs = {part: log for part, log in self._logs.items() if part.topic != topic}
            _log.warning("broker has lost topic %s; %d events are published again", topic, count)

    async def _find_lost_tails(self) -> None:
        present = [partition for partition in self._logs if partition.topic in self._states]
        ends = await self._link.end_offsets(present, self._states) if present else {}
        for partition, end in ends.items():
            # A batch is there whole or not at all, so its first offset is all that need be known.
            if end <= self._logs[partition].batch_offset:
                await self._clear_tail(partition, end)

    async def _clear_tail(self, partition: Partition, end: int) -> None:
        self._leave_behind()
        count = await clear_tail(self._connection, partition, end, self._since())
        self._logs[partition] = self._logs[partition]._replace(batch_offset=end - 1)
        _log.warning(
            "broker has lost %s from offset %d; %d events are published again",
            partition,
            end,
            count,
        )

    def _since(self) -> datetime:
        return self._clock.now() - self._retention
