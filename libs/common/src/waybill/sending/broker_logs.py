"""The topics and logs of the broker as the relay knows them, and the detection of lost logs.

A broker may restart without some of its data. Before anything is published over a new link, and
every second after that, `check` compares the broker with the recorded state. A topic with another
id, or a log that ends before the last published batch, has lost records. Their rows in the outbox
become unpublished again, so they are published before any newer event.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from waybill.events import Topic
from waybill.kafka.link import BrokerLink
from waybill.kafka.partitions import Partition, TopicState
from waybill.postgres import Connection
from waybill.sending.relay_store import Log, clear_tail, clear_topic, published_logs
from waybill.sending.topic_check import unfit

_log: Final = logging.getLogger(__name__)


class BrokerLogs:
    """The state of the service's topics, and of each log that was published to.

    `on_loss` is called before rows of the outbox become unpublished again. `since` returns the time
    after which published rows are still in retention.
    """

    def __init__(
        self,
        connection: Connection,
        link: BrokerLink,
        owned: Sequence[Topic],
        *,
        creates_topics: bool,
        since: Callable[[], datetime],
        on_loss: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._link = link
        self._owned = owned
        self._creates_topics = creates_topics
        self._since = since
        self._on_loss = on_loss
        self._logs: dict[Partition, Log] = {}
        self._refused: dict[str, str] = {}
        self.names = {topic.name for topic in owned}
        """All topics that were published to, or that the service owns."""
        self.states: dict[str, TopicState] = {}
        """The topics that exist on the broker."""
        self.faults: Sequence[str] = ()
        """What an operator has to change, as of the last check."""

    async def start(self) -> None:
        """Read which logs were published to."""
        self._logs = await published_logs(self._connection)
        self.names |= {partition.topic for partition in self._logs}

    async def check(self) -> None:
        """Create missing topics of the service, unless others do, and find lost logs."""
        self.states = await self._link.topics(self.names)
        missing = [topic for topic in self._owned if topic.name not in self.states]
        if missing and self._creates_topics:
            await self._link.create(missing)
            self.states = await self._link.topics(self.names)
        creates, prefix = self._creates_topics, self._link.prefix
        faults = unfit(self._owned, self.states, prefix, creates_topics=creates)
        self._report((*self._refused.values(), *faults))
        self._refused.clear()
        await self._find_lost_topics()
        await self._find_lost_tails()

    def _report(self, faults: Sequence[str]) -> None:
        for fault in set(faults) - set(self.faults):
            _log.error("relay: %s", fault)
        self.faults = faults

    def skipped(self) -> set[str]:
        """Return the topics whose events stay in the outbox for now."""
        return (self.names - self.states.keys()) | self._refused.keys()

    def refuse(self, topic: str, reason: str) -> None:
        """Skip a topic, whose events the broker has refused, until the next check."""
        self._refused[topic] = reason

    def has_regressed(self, partition: Partition, batch_offset: int) -> bool:
        """Return whether a batch was appended at or before the offset of an earlier one."""
        log = self._logs.get(partition)
        return log is not None and batch_offset <= log.batch_offset

    def appended(self, partition: Partition, batch_offset: int) -> Log:
        """Record a batch that was appended to a log; returns the state of the log."""
        log = Log(self.states[partition.topic].topic_id, batch_offset)
        self._logs[partition] = log
        return log

    async def clear_tail(self, partition: Partition, end: int) -> None:
        """Publish again what was published to a log at and after the offset `end`."""
        self._on_loss()
        count = await clear_tail(self._connection, partition, end, self._since())
        self._logs[partition] = self._logs[partition]._replace(batch_offset=end - 1)
        _log.warning(
            "relay: broker lost %s from offset %d; publishing %d events again",
            partition,
            end,
            count,
        )

    async def _find_lost_topics(self) -> None:
        lost = {
            partition.topic
            for partition, log in self._logs.items()
            if partition.topic in self.states
            and self.states[partition.topic].topic_id != log.topic_id
        }
        for topic in lost:
            self._on_loss()
            count = await clear_topic(self._connection, topic, self._since())
            self._logs = {part: log for part, log in self._logs.items() if part.topic != topic}
            _log.warning("relay: broker lost topic %s; publishing %d events again", topic, count)

    async def _find_lost_tails(self) -> None:
        present = [partition for partition in self._logs if partition.topic in self.states]
        ends = await self._link.end_offsets(present, self.states) if present else {}
        for partition, end in ends.items():
            # A batch is appended whole or not at all, so its first offset is enough.
            if end <= self._logs[partition].batch_offset:
                await self.clear_tail(partition, end)
