"""The relay: publishes the outbox to the broker.

Every replica runs one. Leader election: the replica that holds the advisory lock of the database is
the leader and publishes. It does all its database work on the connection that holds the lock, so it
loses the leadership at the moment it loses the connection. The followers try to get the lock every
second.

        commit ──> on_sent ──> publish() ──> leader? ──yes──> broker ──> marks, once a second
                                                └───no───> NOTIFY ──> wake() of the leader

The leader gets the events of its own process in memory, and publishes them without reading the
outbox as long as no earlier event is unpublished (`frontier`). Otherwise, when it was woken, and
every second, it reads the outbox. Followers send NOTIFY outside transactions, because PostgreSQL
serializes the commits of transactions that notify. A lost wake-up costs one poll (a second).
"""

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Final
from urllib.parse import urlsplit
from weakref import WeakSet

import asyncpg

from waybill.backoff import Backoff, pause
from waybill.clock import Clock, SystemClock
from waybill.events import Topic
from waybill.kafka.errors import BrokerError, refusal_of
from waybill.kafka.link import BrokerLink
from waybill.kafka.security import PLAINTEXT, KafkaSecurity
from waybill.metrics import Sample, begin_at_zero, read_by
from waybill.postgres import Connection, DatabaseUnavailableError, connect
from waybill.postgres.outbox import SentEvent
from waybill.postgres.retention import OUTBOX_RETENTION
from waybill.sending.commit_queue import CommitQueue
from waybill.sending.metrics import FAILURES, IS_LEADER
from waybill.sending.publisher import Publisher
from waybill.sending.topic_check import FollowerCheck, faults_line

_log = logging.getLogger(__name__)

POLL_SECONDS: Final = 1.0
"""Longest time until a lost wake-up, a lost leadership or a lost log is detected."""

GATHER_SECONDS_PER_EVENT: Final = 0.001
GATHER_SECONDS_MAX: Final = 0.015
GATHER_FROM_EVENTS: Final = 8
"""Delay between rounds, so that under load a round carries many events: it costs two round trips,
for one event as for five hundred. The delay grows with the number of events of the last round: the
more events to expect, the more a longer wait saves. After a few events there is none: with so few
orders under way the processors are not busy, and the delay would only add to their latency."""

MARK_SECONDS: Final = 1.0
"""Longest time until published events are marked. Events that were not marked before a crash are
published again, and consumers drop the duplicates."""

SETTINGS_OFF: Final = (
    # A lost mark causes a duplicate event, which consumers drop; a flush to disk costs more.
    "synchronous_commit",
    # The index of unpublished rows contains all rows published since the last vacuum. An index scan
    # marks those entries as dead; these scans would read all of them every time.
    "enable_bitmapscan",
    "enable_seqscan",
)
_LOCK: Final = 0x5742_0002
_CHANNEL: Final = "waybill_outbox"


_RELAYS: Final[WeakSet["Relay"]] = WeakSet()


class Relay:
    """Publishes the events of one database: each at least once, those of one key in order.

    `topics` are those that the service owns; missing ones are created, or reported. Set
    `database.on_sent = relay.publish`.
    """

    name: Final = "relay"

    def __init__(
        self,
        database_url: str,
        bootstrap_servers: str,
        topics: Sequence[Topic],
        *,
        security: KafkaSecurity = PLAINTEXT,
        clock: Clock | None = None,
        retention: timedelta = OUTBOX_RETENTION,
        creates_topics: bool = True,
    ) -> None:
        self._database_url = database_url
        self._database_name = urlsplit(database_url).path.lstrip("/")
        self._open_link = partial(BrokerLink.open, bootstrap_servers, security)
        self._publisher = partial(
            Publisher,
            topics=topics,
            clock=clock or SystemClock(),
            retention=retention,
            creates_topics=creates_topics,
            on_published=self._count,
        )
        self._woken = asyncio.Event()
        self._queue = CommitQueue()
        self._database_backoff = Backoff(_log, "relay")
        self._broker_backoff = Backoff(_log, "relay", refusal_of)
        self._faults: Sequence[str] = ()
        self._follower_check = FollowerCheck(self._open_link, topics, creates_topics=creates_topics)
        self.is_leader = False
        self.published = 0
        """Events published by this object; for tests."""
        _RELAYS.add(self)
        for cause in ("database", "broker"):
            begin_at_zero("waybill_relay_failures_total", cause)

    @property
    def refusal(self) -> str | None:
        """Why the broker refuses this relay, or which topic is unfit; or None."""
        faults = faults_line(self._faults)
        return self._broker_backoff.refusal or faults or self._follower_check.refusal

    def publish(self, events: Sequence[SentEvent]) -> None:
        """Publish committed events; without events, read the outbox.

        Cheap; may be called at any time.
        """
        if not events:
            self._queue.drop()
        elif self.is_leader:
            self._queue.add(events)
        self._woken.set()

    def wake(self) -> None:
        """Read the outbox and publish it. Cheap; may be called at any time."""
        self.publish(())

    async def run(self, stop: asyncio.Event) -> None:
        """Publish as the leader, or wait as a follower, until `stop` is set; retries failures."""
        async with asyncio.TaskGroup() as tasks:
            waker = tasks.create_task(self._wake_at(stop))
            tasks.create_task(self._follower_check.run(stop))
            while not stop.is_set():
                try:
                    async with connect(self._database_url, name="waybill relay") as connection:
                        await self._use(connection, stop)
                except (DatabaseUnavailableError, asyncpg.PostgresError) as error:
                    FAILURES.labels("database").inc()
                    await self._database_backoff.wait(error, stop)
                finally:
                    self.is_leader = False
            waker.cancel()
            self._follower_check.begin()  # its task ends, as `stop` is set

    async def _use(self, connection: Connection, stop: asyncio.Event) -> None:
        for setting in SETTINGS_OFF:
            await connection.execute(f"SET {setting} = off")
        while not stop.is_set():
            is_leader = bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK))
            self._database_backoff.reset()
            if is_leader:
                break
            self._follower_check.begin()
            await _follow(connection, self._woken)
        else:
            return
        self.is_leader = True
        self._follower_check.end()
        _log.info("relay: elected leader for database %s", self._database_name)
        await connection.listen(_CHANNEL, self.wake)
        while not stop.is_set():
            try:
                await self._lead(connection, stop)
            except BrokerError as error:
                FAILURES.labels("broker").inc()
                await self._broker_backoff.wait(error, stop)

    async def _lead(self, connection: Connection, stop: asyncio.Event) -> None:
        link = await self._open_link()
        try:
            publisher = self._publisher(connection, link)
            await publisher.start()
            self._faults = publisher.faults
            try:
                await self._publish(publisher, stop)
            finally:
                # Also when the broker fails: what it has acknowledged is marked.
                await publisher.mark()
        finally:
            self._faults = ()
            await link.close()

    async def _publish(self, publisher: Publisher, stop: asyncio.Event) -> None:
        check_at, mark_at = time.monotonic() + POLL_SECONDS, time.monotonic() + MARK_SECONDS
        while not stop.is_set():
            self._woken.clear()
            now = time.monotonic()
            is_check_due = now >= check_at
            if is_check_due or (publisher.is_open and now >= mark_at):
                mark_at = now + MARK_SECONDS
                await publisher.holes.step()
                self._queue.drop()
            count = await publisher.publish_round(self._queue.take())
            self._broker_backoff.reset()
            if is_check_due:
                check_at = now + POLL_SECONDS
                await publisher.check_broker()
                self._faults = publisher.faults
            if (gathered := count - GATHER_FROM_EVENTS) > 0:
                await pause(stop, min(gathered * GATHER_SECONDS_PER_EVENT, GATHER_SECONDS_MAX))
            if not publisher.is_behind:
                until = min(check_at, mark_at) if publisher.is_open else check_at
                await _wait(self._woken, until - time.monotonic())

    def _count(self, events: int) -> None:
        self.published += events

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._woken.set()


@read_by
def _readings() -> Iterator[Sample]:
    return (IS_LEADER.of(each.is_leader) for each in list(_RELAYS))


async def _follow(connection: Connection, woken: asyncio.Event) -> None:
    """Pass wake-ups on to the leader for some seconds."""
    until = time.monotonic() + POLL_SECONDS
    while (left := until - time.monotonic()) > 0:
        if await _wait(woken, left):
            await connection.execute("SELECT pg_notify($1, '')", _CHANNEL)


async def _wait(woken: asyncio.Event, seconds: float) -> bool:
    """Wait for a wake-up; returns whether there was one."""
    # A timer costs a third of asyncio.timeout, and each round waits.
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    timer = loop.call_at(until, woken.set)
    try:
        await woken.wait()
    finally:
        timer.cancel()
    woken.clear()
    return loop.time() < until
