"""A small service with two sagas in one database: parcels by name, refunds by number."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from pydantic import BaseModel
from typing_extensions import override

from waybill.clock import ManualClock
from waybill.events import Event, Message
from waybill.ids import uuid7
from waybill.postgres import Database, Transaction
from waybill.postgres.migrations import migrate
from waybill.saga import Compensation, Saga, Sagas, SagaStart, SagaStore, SagaTransition, Step

START = datetime(2026, 11, 22, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TABLES = """
    create table parcels (parcel_id uuid primary key, name text not null, version int not null);
    create table refunds (refund_id uuid primary key, amount int not null);
"""


class Command(BaseModel):
    saga_id: UUID
    text: str


class Answer(BaseModel):
    saga_id: UUID


class Packed(Answer):
    pass


class Unpacked(Answer):
    pass


class Sent(Answer):
    pass


class Booked(Answer):
    pass


class Closed(Answer):
    """Both sagas wait for it."""


ANSWERS = {each.__name__.lower(): each for each in (Packed, Unpacked, Sent, Booked, Closed)}
COMMAND = Message("test.command.v1", "test.commands.v1", "saga_id", Command)


@dataclass(frozen=True)
class Parcel:
    parcel_id: UUID
    name: str
    version: int = 7


@dataclass(frozen=True)
class Refund:
    refund_id: UUID
    amount: int


PACK: Step[Parcel, Command] = Step(
    name="pack",
    command=lambda it: Command(saga_id=it.parcel_id, text=f"pack {it.name}"),
    done=Packed,
    deadline=MINUTE,
    compensation=Compensation(
        command=lambda it: Command(saga_id=it.parcel_id, text=f"unpack {it.name}"),
        done=(Unpacked,),
        deadline=MINUTE,
    ),
)
SEND: Step[Parcel, Command] = Step(
    name="send",
    command=lambda it: Command(saga_id=it.parcel_id, text=f"send {it.name}"),
    done=Sent,
    deadline=MINUTE,
)
CLOSE: Step[Parcel, Command] = Step(
    name="close",
    command=lambda it: Command(saga_id=it.parcel_id, text=f"close {it.name}"),
    done=Closed,
    deadline=MINUTE,
)
SHIP: Saga[Parcel, Command] = Saga("ship", 1, (PACK, SEND, CLOSE))
REFUND: Saga[Refund, Command] = Saga(
    "refund",
    1,
    (
        Step(
            name="book",
            command=lambda it: Command(saga_id=it.refund_id, text=f"book {it.amount}"),
            done=Booked,
            deadline=MINUTE,
        ),
        Step(
            name="close",
            command=lambda it: Command(saga_id=it.refund_id, text=f"close {it.amount}"),
            done=Closed,
            deadline=MINUTE,
        ),
    ),
)


async def _send(tx: Transaction, moves: Sequence[SagaTransition[Any, Command]]) -> None:
    for move in moves:
        if move.command:
            tx.send(COMMAND, move.command, move.cause)


class Parcels(SagaStore[Parcel, Command]):
    # A column is named as one of the sagas is.
    select = "select parcel_id as saga_id, name, version from parcels where parcel_id = any($1)"
    is_lasting = True

    @override
    def read(self, row: asyncpg.Record) -> Parcel:
        return Parcel(row["saga_id"], row["name"], row["version"])

    @override
    async def apply_transitions(
        self, tx: Transaction, moves: Sequence[SagaTransition[Parcel, Command]]
    ) -> None:
        assert all(move.subject.version == 7 for move in moves)
        await _send(tx, moves)


class Refunds(SagaStore[Refund, Command]):
    select = "select refund_id as saga_id, amount from refunds where refund_id = any($1)"

    @override
    def read(self, row: asyncpg.Record) -> Refund:
        return Refund(row["saga_id"], row["amount"])

    @override
    async def apply_transitions(
        self, tx: Transaction, moves: Sequence[SagaTransition[Refund, Command]]
    ) -> None:
        await _send(tx, moves)


def replica() -> Sagas:
    """The sagas as one process has them."""
    sagas = Sagas(ManualClock(START))
    sagas.add(Parcels(), SHIP)
    sagas.add(Refunds(), REFUND)
    return sagas


@dataclass
class World:
    database: Database
    sagas: Sagas = field(default_factory=replica)

    def other(self) -> "World":
        """Another process with the same database."""
        return World(self.database)

    async def ship(self, name: str) -> UUID:
        parcel = Parcel(uuid7(), name)
        async with self.database.transaction() as tx:
            await tx.execute("insert into parcels values ($1, $2, 7)", parcel.parcel_id, name)
            await self.sagas.start(tx, "ship", [SagaStart(parcel.parcel_id, parcel)])
        return parcel.parcel_id

    async def ship_and_fail(self, name: str) -> None:
        async with self.database.transaction() as tx:
            await self.sagas.start(tx, "ship", [SagaStart(uuid7(), Parcel(uuid7(), name))])
            raise ZeroDivisionError

    async def refund(self, amount: int) -> UUID:
        refund = Refund(uuid7(), amount)
        async with self.database.transaction() as tx:
            await tx.execute("insert into refunds values ($1, $2)", refund.refund_id, amount)
            await self.sagas.start(tx, "refund", [SagaStart(refund.refund_id, refund)])
        return refund.refund_id

    async def deliver(self, *answers: tuple[str, UUID], optimistic: bool = True) -> int:
        """Process events as a consumer does; returns the number of reads."""
        reads = 0

        class Counted(Transaction):
            @override
            async def fetch_outside(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
                nonlocal reads
                reads += 1
                return await super().fetch_outside(sql, *arguments)

        self.database.begin = Counted
        async with self.database.transaction(optimistic=optimistic) as tx:
            self.receive(tx, *answers)
        return reads

    def receive(self, tx: Transaction, *answers: tuple[str, UUID]) -> None:
        self.sagas.receive(tx, [_event(name, saga_id) for name, saga_id in answers])

    async def cancel(self, saga_id: UUID) -> None:
        async with self.database.transaction() as tx:
            assert await self.sagas.cancel(tx, saga_id)

    async def directions(self) -> dict[str, str]:
        async with self.database.connection() as connection:
            rows = await connection.fetch("select definition, direction from sagas")
        return {row["definition"]: row["direction"] for row in rows}

    async def value(self, sql: str) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchval(sql)

    async def sent(self) -> list[str]:
        async with self.database.connection() as connection:
            rows = await connection.fetch(
                "select convert_from(payload, 'UTF8')::json ->> 'text' as text "
                "from outbox order by position"
            )
        return [row["text"] for row in rows]


def _event(name: str, saga_id: UUID) -> Event[Any]:
    return Event(
        id=uuid7(),
        type=f"test.{name}.v1",
        source="test",
        time=START,
        key=str(saga_id),
        data=ANSWERS[name](saga_id=saga_id),
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    await migrate(database_url)
    database = await Database.open(database_url, source="test")
    async with database.connection() as connection:
        await connection.execute(TABLES)
    yield World(database)
    await database.close()


@pytest.fixture
def start() -> datetime:
    """When the clock of the sagas stands still."""
    return START
