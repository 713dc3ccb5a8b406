"""A saga of two steps, and a service that records its moves."""

from collections.abc import AsyncIterator, Sequence
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
from waybill.saga import (
    Compensation,
    Reason,
    Saga,
    Sagas,
    SagaStart,
    SagaStore,
    SagaTransition,
    Step,
)

START = datetime(2026, 11, 22, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Command(BaseModel):
    order_id: UUID
    text: str


class Reserved(BaseModel):
    order_id: UUID


class Refused(BaseModel):
    order_id: UUID


class Released(BaseModel):
    order_id: UUID


class Paid(BaseModel):
    order_id: UUID


COMMAND = Message("test.command.v1", "test.commands.v1", "order_id", Command)


def _command(text: str) -> Any:
    return lambda order_id: Command(order_id=order_id, text=text)


RESERVE: Step[UUID, Command] = Step(
    name="reserve",
    command=_command("reserve"),
    done=Reserved,
    refused=Refused,
    reason=lambda _: Reason("full", "none left"),
    deadline=MINUTE,
    compensation=Compensation(command=_command("release"), done=(Released,), deadline=MINUTE),
)
PAY: Step[UUID, Command] = Step(name="pay", command=_command("pay"), done=Paid, deadline=MINUTE)
V1: Saga[UUID, Command] = Saga("buy", 1, (RESERVE, PAY))
V2: Saga[UUID, Command] = Saga("buy", 2, (PAY,))


class Recorder(SagaStore[UUID, Command]):
    """Sends the commands, as a service would, and records the moves."""

    select = "select saga_id from unnest($1::uuid[]) as subject (saga_id)"
    is_lasting = True

    def __init__(self) -> None:
        self.moves: list[SagaTransition[UUID, Command]] = []

    @override
    def read(self, row: asyncpg.Record) -> UUID:
        saga_id: UUID = row["saga_id"]
        return saga_id

    @override
    async def apply_transitions(
        self, tx: Transaction, moves: Sequence[SagaTransition[UUID, Command]]
    ) -> None:
        self.moves += moves
        for move in moves:
            if move.command:
                tx.send(COMMAND, move.command, move.cause)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await migrate(database_url)
    database = await Database.open(database_url, source="test")
    yield database
    await database.close()


def event(data: BaseModel) -> Event[Any]:
    return Event(
        id=uuid7(),
        type=f"test.{type(data).__name__.lower()}.v1",
        source="test",
        time=START,
        key=str(data.order_id),  # type: ignore[attr-defined]  # all events here have it
        data=data,
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )


def engine(
    *definitions: Saga[UUID, Command],
) -> tuple[Sagas, Recorder, ManualClock]:
    recorder, clock = Recorder(), ManualClock(START)
    sagas = Sagas(clock)
    sagas.add(recorder, *(definitions or (V1,)))
    return sagas, recorder, clock


async def start(database: Database, sagas: Sagas, count: int = 1) -> list[UUID]:
    ids = [uuid7() for _ in range(count)]
    async with database.transaction() as tx:
        await sagas.start(tx, "buy", [SagaStart(saga_id, saga_id) for saga_id in ids])
    return ids


async def receive(database: Database, sagas: Sagas, *received: BaseModel) -> None:
    async with database.transaction() as tx:
        sagas.receive(tx, [event(data) for data in received])


async def sent(database: Database) -> list[str]:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "select convert_from(payload, 'UTF8')::json ->> 'text' as text "
            "from outbox order by position"
        )
    return [row["text"] for row in rows]


async def direction(database: Database, saga_id: UUID) -> str:
    async with database.connection() as connection:
        return str(
            await connection.fetchval("select direction from sagas where saga_id = $1", saga_id)
        )
