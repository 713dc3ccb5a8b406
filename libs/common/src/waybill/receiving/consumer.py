"""The consumer: reads events from the broker and passes them to the event handlers.

The inbox records which events were processed. Offsets only say where to continue reading, so they
are committed at an interval, after the transactions of their events. The inbox drops redelivered
events.

A broker that restarts with empty logs must not make the consumer skip events. So the consumer works
in sessions. Each reads over one `BrokerLink`, which never reconnects, and checks at an interval
that the topics have the same ids. A broken link, or a topic whose id has changed, ends the session.
The next session joins the group again and continues from the group's offsets (see `assignment`).

A batch that cannot be decoded is parked as a dead letter, and the next one is read (see
`unreadable_batches`).
"""

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final
from uuid import UUID
from weakref import WeakSet

from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from waybill.backoff import Backoff, pause
from waybill.clock import Clock, SystemClock
from waybill.kafka.errors import BrokerError, refusal_of
from waybill.kafka.fetcher import Chunks, Fetcher
from waybill.kafka.group import GroupMember
from waybill.kafka.link import BrokerLink
from waybill.kafka.partitions import TopicState
from waybill.kafka.security import PLAINTEXT, KafkaSecurity
from waybill.metrics import Sample, read_by
from waybill.postgres import Database
from waybill.receiving.assignment import Assignment, Batch
from waybill.receiving.batch_processor import AbandonedError, BatchProcessor
from waybill.receiving.event_router import EventRouter
from waybill.receiving.event_spans import processed
from waybill.receiving.lag import read_lag
from waybill.receiving.metrics import ASSIGNED, JOINED, SESSIONS, Lag
from waybill.receiving.unreadable_batches import delivery_of

_log = logging.getLogger(__name__)

BATCH_EVENTS_MAX: Final = 500
POLL_MS: Final = 200
"""Longest wait for records; an idle consumer notices `stop` after it."""
TOPICS_CHECK_SECONDS: Final = 1.0
"""Interval of the check for new topics and changed topic ids."""
TOPICS_POLL_SECONDS: Final = 0.2
TOPICS_TIMEOUT_SECONDS: Final = 2.0


_CONSUMERS: Final[WeakSet["Consumer"]] = WeakSet()


class Consumer:
    """Receives events for one service; its replicas share the partitions as one group.

    Each event takes effect once. The events of one key are processed in the order of their log.
    """

    name: Final = "consumer"

    def __init__(
        self,
        database: Database,
        bootstrap_servers: str,
        event_router: EventRouter,
        *,
        group: str,
        session_timeout_ms: int = 6_000,
        instance_id: str | None = None,
        security: KafkaSecurity = PLAINTEXT,
        clock: Clock | None = None,
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._security = security
        self._event_router = event_router
        self._group = group
        identity = bootstrap_servers, group, session_timeout_ms, security
        self._new_member = partial(GroupMember, *identity, instance_id=instance_id)
        self._processor = BatchProcessor(database, event_router, clock or SystemClock())
        self._backoff = Backoff(_log, "consumer", refusal_of)
        self.assigned = 0
        """Partitions assigned to this replica; for tests and metrics."""
        self.is_joined = False
        _CONSUMERS.add(self)

    @property
    def refusal(self) -> str | None:
        """Why the broker refuses this consumer, or None."""
        return self._backoff.refusal

    async def lag(self) -> Lag:
        """Measure what is unprocessed in each topic. Raises BrokerError, KafkaError, OSError."""
        return await read_lag(
            self._bootstrap_servers, self._security, self._group, self._event_router.topics
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set; then finish the current batch and leave the group."""
        while not stop.is_set():
            try:
                await self._session(stop)
            except (BrokerError, KafkaError, OSError) as error:
                await self._backoff.wait(error, stop)
            except AbandonedError:
                return
            except Exception as error:  # noqa: BLE001 (requests are served, whatever is in a log)
                if not self._backoff.failures:
                    _log.critical("consumer: failed, joining the group again", exc_info=error)
                await self._backoff.wait(error, stop)
            finally:
                self.assigned, self.is_joined = 0, False

    async def _session(self, stop: asyncio.Event) -> None:
        link = await BrokerLink.open(self._bootstrap_servers, self._security)
        fetcher = Fetcher(link)
        try:
            states = await self._existing_topics(link, stop)
            if stop.is_set():
                return
            member = self._new_member()
            assignment = Assignment(link, member, self._group, states, self._processor.check_first)
            try:
                await member.join(states, assignment)
                SESSIONS.inc()
                self.is_joined = True
                await self._consume(link, fetcher, member, assignment, stop)
            finally:
                await member.leave()
        finally:
            await fetcher.close()
            await link.close()

    async def _existing_topics(
        self, link: BrokerLink, stop: asyncio.Event
    ) -> dict[str, TopicState]:
        """Wait for the first topic without limit, then TOPICS_TIMEOUT_SECONDS for the others.

        Their owners create them, each at its own time. Joining the group twice takes longer.
        """
        until: float | None = None
        while True:
            states = await link.topics(self._event_router.topics)
            now = time.monotonic()
            if states and until is None:
                until = now + TOPICS_TIMEOUT_SECONDS
            complete = len(states) == len(self._event_router.topics)
            if complete or stop.is_set() or (until is not None and now >= until):
                return states
            await pause(stop, TOPICS_POLL_SECONDS)

    async def _consume(
        self,
        link: BrokerLink,
        fetcher: Fetcher,
        member: GroupMember,
        assignment: Assignment,
        stop: asyncio.Event,
    ) -> None:
        checked_at = time.monotonic()
        while not stop.is_set():
            member.check()
            chunks = await _fetch(fetcher, assignment, stop)
            if time.monotonic() - checked_at >= TOPICS_CHECK_SECONDS:
                found = await link.topics(self._event_router.topics)
                if not _ids(assignment.states).items() <= _ids(found).items():
                    _log.warning(
                        "consumer: a topic was deleted or created again; rejoining the group"
                    )
                    return
                if len(found) > len(assignment.states):
                    member.subscribe(found)
                assignment.states = found
                checked_at = time.monotonic()
            else:
                link.check()
            self._backoff.reset()
            self.assigned = len(assignment.partitions)
            async with assignment.processing:
                batch = await assignment.take(chunks)
                await self._deliver(batch, stop)
                assignment.processed(batch)
                await assignment.commit_when_due()
        async with assignment.processing:
            await assignment.commit()

    async def _deliver(self, batch: Batch, stop: asyncio.Event) -> None:
        read = map(self._event_router.read, batch.records)
        deliveries = [delivery for delivery in read if delivery is not None]
        deliveries += map(delivery_of, batch.unreadable)
        if deliveries:
            with processed(deliveries, self._group):
                await self._processor.process(deliveries, stop)


@read_by
def _readings() -> Iterator[Sample]:
    for each in list(_CONSUMERS):
        yield JOINED.of(each.is_joined)
        yield ASSIGNED.of(each.assigned)


async def _fetch(fetcher: Fetcher, assignment: Assignment, stop: asyncio.Event) -> Chunks:
    # Sent after the last batch was processed: it returns at once the records that have arrived
    # meanwhile. A fetch that was sent earlier would have found nothing and waited.
    positions = await assignment.positions()
    if not positions:
        await pause(stop, POLL_MS / 1000)
        return {}
    return await fetcher.fetch(
        positions, assignment.states, wait_ms=POLL_MS, records_max=BATCH_EVENTS_MAX
    )


def _ids(states: Mapping[str, TopicState]) -> dict[str, UUID]:
    return {name: state.topic_id for name, state in states.items()}
