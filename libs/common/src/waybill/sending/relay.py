"""The relay: brings the outbox to the broker.

Every replica runs one. The one that holds the advisory lock of the database leads and publishes;
it does all its database work on the connection that holds the lock, so that a lost connection is a
lost lead at the same moment. The others try for the lock every second.

        commit ──> on_sent ──> publish() ──> leads? ──yes──> broker ──> marks, once a second
                                               └───no───> NOTIFY ──> wake() of the one that leads

The one that leads gets the events of its own process in memory, and publishes them without asking
the database as long as it knows that nothing is left behind (`frontier`). Otherwise, when it was
woken, and every second it reads the outbox. NOTIFY is sent by followers between transactions, never
inside one: PostgreSQL lets commits that notify happen only one at a time. A wake-up that gets lost
costs one poll (a second).
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

import asyncpg

from waybill.backoff import Backoff, pause
from waybill.clock import Clock, SystemClock
from waybill.events import Topic
from waybill.kafka.link import BrokerError, BrokerLink
from waybill.postgres import Connection, DatabaseUnavailableError, connect
from waybill.postgres.outbox import SentEvent
from waybill.postgres.retention import OUTBOX_RETENTION
from waybill.sending.handover import Handover
from waybill.sending.publisher import Publisher

_log = logging.getLogger(__name__)

POLL_SECONDS: Final = 1.0
"""How late at most a lost wake-up, a lost lead or a lost log is noticed."""

GATHER_SECONDS_PER_EVENT: Final = 0.001
GATHER_SECONDS_MAX: Final = 0.015
"""From one round to the next, so that under load a round carries many events: it costs two round
trips, for one event as for five hundred. The more the last one carried, the more are to be
expected, and the more is saved by waiting for them; a lone event is followed at once."""

MARK_SECONDS: Final = 1.0
"""How late at most it is noted that something is published. What was not noted before a crash is
published again, and consumers drop it."""

SETTINGS_OFF: Final = (
    # A lost mark is a repeated event, which consumers drop; not worth a flush of the disk.
    "synchronous_commit",
    # The index of what is unpublished holds all that was published since the last vacuum. A plain
    # scan marks those entries as dead as it passes them; these would read all of them every time.
    "enable_bitmapscan",
    "enable_seqscan",
)
_LOCK: Final = 0x5742_0002
_CHANNEL: Final = "waybill_outbox"


class Relay:
    """Publishes the events of one database: each at least once, those of one key in order.

    `topics` are those that the service owns: they are made when they are missing. Set
    `database.on_sent = relay.publish`.
    """

    name: Final = "relay"

    def __init__(
        self,
        database_url: str,
        bootstrap_servers: str,
        topics: Sequence[Topic],
        *,
        clock: Clock | None = None,
        retention: timedelta = OUTBOX_RETENTION,
    ) -> None:
        self._database_url = database_url
        self._bootstrap_servers = bootstrap_servers
        self._topics = topics
        self._clock = clock or SystemClock()
        self._retention = retention
        self._woken = asyncio.Event()
        self._handover = Handover()
        self._database_backoff = Backoff(_log, "relay")
        self._broker_backoff = Backoff(_log, "relay")
        self.leads = False
        self.published = 0
        """Events published by this object; for tests and metrics."""

    def publish(self, events: Sequence[SentEvent]) -> None:
        """Publish events that were committed; with none, what is in the outbox.

        Cheap; may be called at any time.
        """
        if not events:
            self._handover.give_up()
        elif self.leads:
            self._handover.add(events)
        self._woken.set()

    def wake(self) -> None:
        """Publish what is in the outbox. Cheap; may be called at any time."""
        self.publish(())

    async def run(self, stop: asyncio.Event) -> None:
        """Follow or lead until `stop` is set, whatever is away meanwhile."""
        async with asyncio.TaskGroup() as tasks:
            waker = tasks.create_task(self._wake_at(stop))
            while not stop.is_set():
                try:
                    async with connect(self._database_url, name="waybill relay") as connection:
                        await self._use(connection, stop)
                except (DatabaseUnavailableError, asyncpg.PostgresError) as error:
                    await self._database_backoff.wait(error, stop)
                finally:
                    self.leads = False
            waker.cancel()

    async def _use(self, connection: Connection, stop: asyncio.Event) -> None:
        for setting in SETTINGS_OFF:
            await connection.execute(f"SET {setting} = off")
        while not stop.is_set():
            leads = bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK))
            self._database_backoff.reset()
            if leads:
                break
            await self._follow(connection)
        else:
            return
        self.leads = True
        _log.info("relay leads")
        await connection.listen(_CHANNEL, self.wake)
        while not stop.is_set():
            try:
                await self._lead(connection, stop)
            except BrokerError as error:
                await self._broker_backoff.wait(error, stop)

    async def _follow(self, connection: Connection) -> None:
        until = time.monotonic() + POLL_SECONDS
        while (left := until - time.monotonic()) > 0:
            if await self._wait(left):
                await connection.execute("SELECT pg_notify($1, '')", _CHANNEL)

    async def _lead(self, connection: Connection, stop: asyncio.Event) -> None:
        link = await BrokerLink.open(self._bootstrap_servers)
        try:
            publisher = Publisher(
                connection, link, self._topics, clock=self._clock, retention=self._retention
            )
            await publisher.start()
            try:
                await self._publish(publisher, stop)
            finally:
                # Whatever has become of the broker: what it has acknowledged is on record then.
                await publisher.mark()
        finally:
            await link.close()

    async def _publish(self, publisher: Publisher, stop: asyncio.Event) -> None:
        look_at, mark_at = time.monotonic() + POLL_SECONDS, time.monotonic() + MARK_SECONDS
        while not stop.is_set():
            self._woken.clear()
            now = time.monotonic()
            is_to_look = now >= look_at
            if is_to_look or (publisher.is_open and now >= mark_at):
                mark_at = now + MARK_SECONDS
                await publisher.ask_for_holes()
                self._handover.give_up()
            count = await publisher.publish_round(self._handover.take())
            self.published += count
            self._broker_backoff.reset()
            if is_to_look:
                look_at = now + POLL_SECONDS
                await publisher.look()
            if count:
                await pause(stop, min(count * GATHER_SECONDS_PER_EVENT, GATHER_SECONDS_MAX))
            if not publisher.is_behind:
                until = min(look_at, mark_at) if publisher.is_open else look_at
                await self._wait(until - time.monotonic())

    async def _wait(self, seconds: float) -> bool:
        """Wait to be woken, and tell whether that happened."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._woken.wait()
                self._woken.clear()
                return True
        return False

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._woken.set()
