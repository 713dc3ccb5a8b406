"""A consumer whose event handler writes a row for each event, in one process."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from waybill.events import Event, Received
from waybill.postgres import Database, Transaction
from waybill.postgres.migrations import migrate
from waybill.receiving.consumer import Consumer
from waybill.receiving.event_router import EventRouter
from waybill_toolkit.lab.bench.parts.traffic import OrderNoted, fill, message, topic
from waybill_toolkit.lab.bench.runtime import scratch_database
from waybill_toolkit.lab.bench.scenario import Figures
from waybill_toolkit.operations.workload.tasks import grouped
from waybill_toolkit.platform.handle import Platform

_TABLE: Final = "create table noted (order_id uuid primary key, amount_minor bigint not null)"
_WRITE: Final = """
    insert into noted (order_id, amount_minor) select * from unnest($1::uuid[], $2::bigint[])
"""


class _Reactions:
    """Writes rows and counts the committed ones; the time starts after the first batch."""

    def __init__(self, events: int) -> None:
        self._events = events
        self.done = asyncio.Event()
        self.count = 0
        self.first_batch = 0
        self.began = self.began_cpu = 0.0

    async def noted(self, tx: Transaction, events: Sequence[Event[OrderNoted]]) -> None:
        await tx.execute(
            _WRITE,
            [event.data.order_id for event in events],
            [event.data.amount_minor for event in events],
        )
        tx.after_commit(lambda: self._committed(len(events)))

    def _committed(self, count: int) -> None:
        if not self.count:
            self.first_batch = count
            self.began, self.began_cpu = time.monotonic(), time.process_time()
        self.count += count
        if self.count >= self._events:
            self.done.set()


async def measure_consumer(platform: Platform, events: int) -> Figures:
    """Consume the events; the time excludes joining the group and the first batch."""
    async with scratch_database(platform) as url:
        await migrate(url)
        source = topic()
        servers, security = platform.bootstrap_servers, platform.broker_security()
        await fill(servers, security, source, events)
        database = await Database.open(url)
        async with database.connection() as connection:
            await connection.execute(_TABLE)
        event_handlers = _Reactions(events)
        consumer = Consumer(
            database,
            servers,
            EventRouter(event_handlers, [Received(message(source), "noted")]),
            group=f"group-of-{source.name}",
            security=security,
        )
        stop = asyncio.Event()
        async with grouped() as group:
            group.create_task(consumer.run(stop))
            await event_handlers.done.wait()
            seconds = time.monotonic() - event_handlers.began
            cpu = time.process_time() - event_handlers.began_cpu
            stop.set()
        await database.close()
    counted = event_handlers.count - event_handlers.first_batch
    return {"events_per_second": counted / seconds, "cpu_seconds_per_event": cpu / counted}
