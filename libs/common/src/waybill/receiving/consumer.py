"""The consumer: brings events from the broker to the event handlers.

What is in the inbox is done; offsets only say where to go on reading, so they are committed now and
then, after the transactions they stand for. Whatever comes again is dropped by the inbox.

A broker that comes back empty must not make it skip anything. Its Kafka client reconnects by
itself, and might then go on reading in the middle of a log that has been filled anew. So the
consumer works in sessions: each has a `BrokerLink` (which never reconnects) beside its Kafka
client. A batch is only believed when it came over connections that were there when the link was
last asked, and unbroken; when the client has made another one, the link is asked again. A broken
link, or a topic that has another id, ends the session; the next one joins the group anew
and goes on from the group's offsets.

An offset means something only together with the id of its topic, so that is noted with it. A broker
that lost the logs has lost the offsets too, but a batch that was in hand at that time may end later
and commit one to the broker that comes after. Whoever finds it begins at the start of the log.
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

from waybill.backoff import Backoff, pause
from waybill.clock import Clock, SystemClock
from waybill.kafka.link import BrokerError, BrokerLink, Partition, TopicState
from waybill.postgres import Database
from waybill.receiving.batch_processor import AbandonedError, BatchProcessor
from waybill.receiving.event_router import EventRouter, InboundRecord

_log = logging.getLogger(__name__)

BATCH_EVENTS_MAX: Final = 500
POLL_MS: Final = 200
"""How late at most a quiet consumer notices that it is to stop."""
LOOK_SECONDS: Final = 1.0
"""How often it looks for topics that are new or not the same any more."""
TOPICS_POLL_SECONDS: Final = 0.2
TOPICS_TIMEOUT_SECONDS: Final = 2.0
COMMIT_SECONDS: Final = 0.25
"""How much is read again after a crash: this long, and dropped by the inbox."""

_NO_NOTE: Final = ""
"""What tools leave that set a group's offsets by hand: they are believed."""

HEARTBEATS: Final = 3
"""In the time after which a replica is taken for dead, as Kafka advises."""
# A batch takes milliseconds; while the database is away, others need not wait for it.
REBALANCE_TIMEOUT_MS: Final = 10_000
CALL_TIMEOUT_SECONDS: Final = 5.0
JOIN_TIMEOUT_SECONDS: Final = 30.0

Records = Mapping[TopicPartition, Sequence[Any]]


class Consumer:
    """Receives events for one service; its replicas share the partitions as one group.

    Each event takes effect once. Those of one key are dealt with in the order of their log.
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
        """Partitions that this replica has now; for tests and readiness."""

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set; then finish the batch in hand and leave the group."""
        while not stop.is_set():
            try:
                await self._session(stop)
            except (BrokerError, KafkaError, OSError) as error:
                await self._backoff.wait(error, stop)
            except AbandonedError:
                return
            except asyncio.CancelledError:
                # aiokafka's fetcher, closed while it waits before a retry, does this.
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
            progress = _Progress(kafka, link, self._group, ids, self._processor.ask_first)
            kafka.subscribe(topics=sorted(ids), listener=progress)
            try:
                async with asyncio.timeout(JOIN_TIMEOUT_SECONDS):
                    await kafka.start()
                await self._consume(link, kafka, progress, stop)
            finally:
                await _stop(kafka)
        finally:
            await link.close()

    async def _existing_topics(self, link: BrokerLink, stop: asyncio.Event) -> dict[str, UUID]:
        """Wait for the topics: for the first for ever, then a little for the others.

        Their owners make them, each at its own time; joining the group twice takes longer.
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
        progress: "_Progress",
        stop: asyncio.Event,
    ) -> None:
        looked = time.monotonic()
        proven: list[object] = []
        while not stop.is_set():
            records = await kafka.getmany(timeout_ms=POLL_MS, max_records=BATCH_EVENTS_MAX)
            # The next fetch is not sent before this batch is done: then it finds what has come
            # meanwhile and is answered at once. One that is sent now finds nothing, and waits.
            kafka.pause(*kafka.assignment())
            if time.monotonic() - looked >= LOOK_SECONDS:
                found = _ids(await link.topics(self._event_router.topics))
                if not progress.ids.items() <= found.items():
                    _log.warning("topics are not the same any more; joining anew")
                    return
                if found != progress.ids:
                    progress.ids = found
                    kafka.subscribe(topics=sorted(found), listener=progress)
                looked = time.monotonic()
            elif records and (connections := _connections(kafka)) != proven:
                await link.prove()
                proven = connections
            else:
                link.check()
            # Here what was fetched is known to come from the broker that the link began with.
            self._backoff.reset()
            self.assigned = len(kafka.assignment())
            async with progress.in_hand:
                records = await progress.believed(records)
                if records:
                    await self._deliver(records, stop)
                    progress.note(records)
                await progress.commit_when_due()
                kafka.resume(*kafka.paused())
        async with progress.in_hand:
            await progress.commit()

    async def _deliver(self, records: Records, stop: asyncio.Event) -> None:
        read = (
            self._event_router.read(_inbound(record))
            for partition in records.values()
            for record in partition
        )
        batch = [delivery for delivery in read if delivery is not None]
        if batch:
            await self._processor.process(batch, stop)


class _Progress(ConsumerRebalanceListener):  # type: ignore[misc]
    """Commits offsets now and then, and before partitions are given away.

    `ids` are those of the topics. `in_hand` is held while a batch is dealt with, so that a
    rebalance waits for its end. Should it wait in vain (the database is away), the batch may be
    dealt with by another replica as well: the inbox decides.
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
        self.in_hand = asyncio.Lock()

    async def believed(self, records: Records) -> Records:
        """Leave out what was read from an offset in another log of the same name.

        Such a partition begins anew, at 0 or where retention has left its start.
        """
        unchecked = self._kafka.assignment() - self._checked
        if not unchecked:
            return records
        found = await self._link.committed(self._group, [Partition(*each) for each in unchecked])
        self._checked |= unchecked
        strange = {
            TopicPartition(*partition)
            for partition, committed in found.items()
            if committed.note not in {_NO_NOTE, str(self.ids[partition.topic])}
        }
        for partition in strange:
            _log.warning("offset of %s is of another log; reading it from its start", partition)
            self._kafka.seek(partition, 0)
        return {each: batch for each, batch in records.items() if each not in strange}

    def note(self, records: Records) -> None:
        for partition, batch in records.items():
            self._offsets[partition] = batch[-1].offset + 1

    async def commit_when_due(self) -> None:
        if time.monotonic() - self._committed_at >= COMMIT_SECONDS:
            await self.commit()

    async def commit(self) -> None:
        offsets, self._offsets = self._offsets, {}
        self._committed_at = time.monotonic()
        mine = self._kafka.assignment()
        wanted = {
            partition: (at, str(self.ids[partition.topic]))
            for partition, at in offsets.items()
            if partition in mine
        }
        if not wanted:
            return
        try:
            async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                await self._kafka.commit(wanted)
        except (KafkaError, TimeoutError) as error:
            _log.info("offsets are not committed, events will come again: %s", error)

    @override
    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        async with self.in_hand:
            await self.commit()
            self._checked.clear()

    @override
    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        # A batch that is in hand must not decide anew, afterwards, that there is no need to ask.
        async with self.in_hand:
            self._on_assigned()
        _log.info("consumer has %d partitions", len(assigned))


def _connections(kafka: AIOKafkaConsumer) -> list[object]:
    """List the connections of a client; one that is made anew is another object."""
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
        _log.info("consumer did not leave its group: %s", error)
    finally:
        await kafka._client.close()  # noqa: SLF001 (a stop that failed leaves it open)


def _is_cancelled() -> bool:
    """Tell whether somebody cancels us, or a cancellation inside aiokafka has escaped from it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
