"""A small service to send and receive with: one database, one topic, event handlers that write."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import pytest
from pydantic import BaseModel

from waybill.clock import ManualClock, SystemClock
from waybill.events import Envelope, Event, Message, Received, Topic, encode_headers
from waybill.ids import uuid7
from waybill.kafka.link import BrokerLink, create_usable
from waybill.kafka.partitions import Partition
from waybill.kafka.record_batches import Record, RecordBatch, partition_of
from waybill.kafka.security import PLAINTEXT, KafkaSecurity
from waybill.postgres import Database, Transaction
from waybill.postgres.migrations import migrate
from waybill.receiving.consumer import Consumer
from waybill.receiving.event_router import Delivery, EventRouter
from waybill.sending.relay import Relay
from waybill_toolkit.testing.eventually import eventually as wait_for

DEADLINE_SECONDS = 30.0
START = datetime(2026, 11, 22, tzinfo=UTC)

_numbers = itertools.count(1)


class Noted(BaseModel):
    account: str
    number: int


class Closed(BaseModel):
    account: str
    number: int


class Worker(Protocol):
    async def run(self, stop: asyncio.Event) -> None: ...


@dataclass
class EventHandlers:
    """Writes down what it gets; fails for the numbers in `failing`."""

    failing: dict[int, Exception] = field(default_factory=dict)
    calls: list[tuple[str, list[int]]] = field(default_factory=list)
    reply: Message[Noted] | None = None
    actors: list[str | None] = field(default_factory=list)

    async def noted(self, tx: Transaction, events: Sequence[Event[Noted]]) -> None:
        await self._write(tx, "noted", events)

    async def closed(self, tx: Transaction, events: Sequence[Event[Closed]]) -> None:
        await self._write(tx, "closed", events)

    async def _write(self, tx: Transaction, name: str, events: Sequence[Event[Any]]) -> None:
        self.calls.append((name, [event.data.number for event in events]))
        self.actors += [event.actor for event in events]
        await tx.execute(
            "INSERT INTO seen (event_id, account, number)"
            " SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[])",
            [event.id for event in events],
            [event.data.account for event in events],
            [event.data.number for event in events],
        )
        for event in events:
            if self.reply is not None:
                tx.send(self.reply, Noted(account=event.key, number=event.data.number), event)
            if event.data.number in self.failing:
                raise self.failing[event.data.number]


@dataclass
class World:
    url: str
    database: Database
    clock: ManualClock
    topic: Topic
    noted: Message[Noted]
    closed: Message[Closed]
    event_handlers: EventHandlers
    event_router: EventRouter

    @property
    def group(self) -> str:
        return f"group-of-{self.topic.name}"

    async def send(self, account: str, *numbers: int) -> None:
        async with self.database.transaction() as tx:
            for number in numbers:
                tx.send(self.noted, Noted(account=account, number=number))

    async def seen(self) -> list[tuple[str, int]]:
        """What took effect, in the order in which it did."""
        async with self.database.connection() as connection:
            rows = await connection.fetch("SELECT account, number FROM seen ORDER BY id")
        return [(row["account"], row["number"]) for row in rows]

    async def unpublished(self) -> int:
        return int(await self.value('SELECT count(*) FROM outbox WHERE "offset" IS NULL'))

    async def value(self, sql: str, *arguments: object) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchval(sql, *arguments)

    def delivery(
        self, account: str, number: int, *, message: Message[Any] | None = None, **other: Any
    ) -> Delivery:
        """A record as it would come from the broker."""
        message = message or self.noted
        payload = message.model(account=account, number=number)
        arrival = Record(
            topic=message.topic,
            partition=0,
            offset=next(_numbers),
            key=account.encode(),
            headers=headers(message.type),
            value=payload.model_dump_json().encode(),
        )._replace(**other)
        delivery = self.event_router.read(arrival)
        assert delivery is not None
        return delivery

    async def produce(self, bootstrap_servers: str, account: str, *numbers: int) -> None:
        """Write to the topic past the outbox, as another service would; makes it if need be."""
        link = await BrokerLink.open(bootstrap_servers)
        await create_usable(link, [self.topic])
        states = await link.topics([self.topic.name])
        partition = Partition(self.topic.name, partition_of(account.encode(), 4))
        for start in range(0, len(numbers), 10):
            batch = RecordBatch()
            for number in numbers[start : start + 10]:
                payload = Noted(account=account, number=number).model_dump_json().encode()
                batch.append(number, account.encode(), payload, headers(self.noted.type), _now_ms())
            appended = await link.produce({partition: batch.encode()}, states)
            assert isinstance(appended[partition], int), appended
        await link.close()

    def relay(
        self,
        bootstrap_servers: str,
        url: str | None = None,
        security: KafkaSecurity = PLAINTEXT,
    ) -> Relay:
        return Relay(url or self.url, bootstrap_servers, [self.topic], security=security)

    def consumer(
        self,
        bootstrap_servers: str,
        database: Database | None = None,
        security: KafkaSecurity = PLAINTEXT,
    ) -> Consumer:
        return Consumer(
            database or self.database,
            bootstrap_servers,
            self.event_router,
            group=self.group,
            session_timeout_ms=3_000,
            security=security,
        )


def _now_ms() -> int:
    """A timestamp for a record: Kafka deletes records with old ones."""
    return int(SystemClock().now().timestamp() * 1000)


def headers(type_: str, event_id: UUID | None = None) -> list[tuple[str, bytes]]:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    return encode_headers(Envelope(event_id or uuid7(), type_, "test", START, traceparent))


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    await migrate(database_url)
    clock = ManualClock(START)
    database = await Database.open(database_url, source="test", clock=clock)
    async with database.transaction() as tx:
        await tx.execute(
            "CREATE TABLE seen (id bigint GENERATED ALWAYS AS IDENTITY, event_id uuid,"
            " account text, number int)"
        )
    topic = Topic(f"test.topic-{uuid7()}.v1", partitions=4, retention_hours=24)
    noted = Message("test.noted.v1", topic.name, "account", Noted)
    closed = Message("test.closed.v1", topic.name, "account", Closed)
    event_handlers = EventHandlers()
    event_router = EventRouter(
        event_handlers, [Received(noted, "noted"), Received(closed, "closed")]
    )
    yield World(database_url, database, clock, topic, noted, closed, event_handlers, event_router)
    await database.close()


Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture
def eventually() -> Eventually:
    """Wait for a condition; fail at a deadline that only a fault can reach."""

    async def wait(condition: Callable[[], Awaitable[bool]]) -> None:
        await wait_for(getattr(condition, "__qualname__", "the condition"), condition, bool)

    return wait


@pytest.fixture
def running() -> Callable[..., Any]:
    """Run workers for the length of a block; at its end they have limited time to stop.

    The block itself has no limit, as it may start a broker, for which Apache Kafka takes long; each
    of its waits has one.
    """

    @asynccontextmanager
    async def run(*workers: Worker) -> AsyncIterator[None]:
        stop = asyncio.Event()
        async with asyncio.timeout(None) as limit, asyncio.TaskGroup() as tasks:
            for worker in workers:
                tasks.create_task(worker.run(stop))
            try:
                yield
            finally:
                stop.set()
                limit.reschedule(asyncio.get_running_loop().time() + 2 * DEADLINE_SECONDS)

    return run
