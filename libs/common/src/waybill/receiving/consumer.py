"""The consumer: reads events from the broker and passes them to the event handlers.

The inbox records which events were processed. Offsets only say where to continue reading, so they
are committed at an interval, after the transactions of their events. The inbox drops redelivered
events.

A broker that restarts with empty logs must not make the consumer skip events. Its Kafka client
reconnects by itself, and might then continue in the middle of a new log. So the consumer works in
sessions. Each has a `BrokerLink`, which never reconnects, in addition to its Kafka client. A batch
is used only when it came over unbroken connections that existed when the link last got a response.
When the client has opened another connection, the link is checked again. A broken link, or a topic
whose id has changed, ends the session. The next session joins the group again and continues from
the group's offsets (see `offset_tracker`).
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from waybill.backoff import Backoff, pause
from waybill.clock import Clock, SystemClock
from waybill.kafka.link import BrokerError, BrokerLink, TopicState
from waybill.postgres import Database
from waybill.receiving.batch_processor import AbandonedError, BatchProcessor
from waybill.receiving.event_router import EventRouter, InboundRecord
from waybill.receiving.offset_tracker import CALL_TIMEOUT_SECONDS, OffsetTracker, Records

_log = logging.getLogger(__name__)

BATCH_EVENTS_MAX: Final = 500
POLL_MS: Final = 200
"""Longest wait for records; an idle consumer notices `stop` after it."""
TOPICS_CHECK_SECONDS: Final = 1.0
"""Interval of the check for new topics and changed topic ids."""
TOPICS_POLL_SECONDS: Final = 0.2
TOPICS_TIMEOUT_SECONDS: Final = 2.0
HEARTBEATS: Final = 3
"""Heartbeats in one session timeout, as Kafka advises."""
# A batch takes milliseconds. While the database is down, other replicas do not wait for it.
REBALANCE_TIMEOUT_MS: Final = 10_000
JOIN_TIMEOUT_SECONDS: Final = 30.0


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
        clock: Clock | None = None,
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._event_router = event_router
        self._group = group
        self._session_timeout_ms = session_timeout_ms
        self._processor = BatchProcessor(database, event_router, clock or SystemClock())
        self._backoff = Backoff(_log, "consumer")
        self.assigned = 0
        """Partitions assigned to this replica; for tests and readiness."""

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set; then finish the current batch and leave the group."""
        while not stop.is_set():
            try:
                await self._session(stop)
            except (BrokerError, KafkaError, OSError) as error:
                await self._backoff.wait(error, stop)
            except AbandonedError:
                return
            except asyncio.CancelledError:
                # aiokafka's fetcher raises this when it is closed while it waits before a retry.
                if _is_cancelled():
                    raise
            finally:
                self.assigned = 0

    async def _session(self, stop: asyncio.Event) -> None:
        link = await BrokerLink.open(self._bootstrap_servers)
        try:
            ids = await self._existing_topics(link, stop)
            if stop.is_set():
                return
            kafka = self._client()
            offsets = OffsetTracker(kafka, link, self._group, ids, self._processor.check_first)
            kafka.subscribe(topics=sorted(ids), listener=offsets)
            try:
                async with asyncio.timeout(JOIN_TIMEOUT_SECONDS):
                    await kafka.start()
                await self._consume(link, kafka, offsets, stop)
            finally:
                await _stop(kafka)
        finally:
            await link.close()

    async def _existing_topics(self, link: BrokerLink, stop: asyncio.Event) -> dict[str, UUID]:
        """Wait for the first topic without limit, then TOPICS_TIMEOUT_SECONDS for the others.

        Their owners create them, each at its own time. Joining the group twice takes longer.
        """
        until: float | None = None
        while True:
            ids = _ids(await link.topics(self._event_router.topics))
            now = time.monotonic()
            if ids and until is None:
                until = now + TOPICS_TIMEOUT_SECONDS
            complete = len(ids) == len(self._event_router.topics)
            if complete or stop.is_set() or (until is not None and now >= until):
                return ids
            await pause(stop, TOPICS_POLL_SECONDS)

    def _client(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap_servers,
            client_id="waybill",
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=self._session_timeout_ms,
            heartbeat_interval_ms=self._session_timeout_ms // HEARTBEATS,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
        )

    async def _consume(
        self,
        link: BrokerLink,
        kafka: AIOKafkaConsumer,
        offsets: OffsetTracker,
        stop: asyncio.Event,
    ) -> None:
        checked_at = time.monotonic()
        proven: list[object] = []
        while not stop.is_set():
            records = await kafka.getmany(timeout_ms=POLL_MS, max_records=BATCH_EVENTS_MAX)
            # The next fetch is sent after this batch: it then returns at once the records that have
            # arrived meanwhile. A fetch that is sent now would find nothing and wait.
            kafka.pause(*kafka.assignment())
            if time.monotonic() - checked_at >= TOPICS_CHECK_SECONDS:
                found = _ids(await link.topics(self._event_router.topics))
                if not offsets.ids.items() <= found.items():
                    _log.warning(
                        "consumer: a topic was deleted or created again; rejoining the group"
                    )
                    return
                if found != offsets.ids:
                    offsets.ids = found
                    kafka.subscribe(topics=sorted(found), listener=offsets)
                checked_at = time.monotonic()
            elif records and (connections := _connections(kafka)) != proven:
                await link.prove()
                proven = connections
            else:
                link.check()
            # From here on the records are known to come from the broker that the link connected to.
            self._backoff.reset()
            self.assigned = len(kafka.assignment())
            async with offsets.processing:
                records = await offsets.valid(records)
                if records:
                    await self._deliver(records, stop)
                    offsets.processed(records)
                await offsets.commit_when_due()
                kafka.resume(*kafka.paused())
        async with offsets.processing:
            await offsets.commit()

    async def _deliver(self, records: Records, stop: asyncio.Event) -> None:
        read = (
            self._event_router.read(_inbound(record))
            for partition in records.values()
            for record in partition
        )
        batch = [delivery for delivery in read if delivery is not None]
        if batch:
            await self._processor.process(batch, stop)


def _connections(kafka: AIOKafkaConsumer) -> list[object]:
    """List the connections of a client. A new connection is another object."""
    return list(kafka._client._conns.values())  # noqa: SLF001 (there is no other way)


def _ids(states: Mapping[str, TopicState]) -> dict[str, UUID]:
    return {name: state.topic_id for name, state in states.items()}


def _inbound(record: Any) -> InboundRecord:  # noqa: ANN401 (aiokafka is untyped)
    return InboundRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        headers=[(name, value or b"") for name, value in record.headers],
        value=record.value,
    )


async def _stop(kafka: AIOKafkaConsumer) -> None:
    try:
        async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
            await kafka.stop()
    except (TimeoutError, KafkaError) as error:
        _log.info("consumer: leaving the group failed: %s", error)
    finally:
        await kafka._client.close()  # noqa: SLF001 (a stop that failed leaves it open)


def _is_cancelled() -> bool:
    """Return whether this task was cancelled, rather than a task inside aiokafka."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
