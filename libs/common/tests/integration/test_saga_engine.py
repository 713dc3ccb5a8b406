"""The saga engine on a real PostgreSQL: rows, history, commands in the outbox."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from pydantic import BaseModel
from typing_extensions import override

from waybill.clock import ManualClock
from waybill.events import Event, Message
from waybill.ids import uuid7
from waybill.postgres import ConcurrencyConflictError, Database, Transaction
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
from waybill_toolkit.testing.eventually import eventually

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


def _says(text: str) -> Any:
    return lambda order_id: Command(order_id=order_id, text=text)


RESERVE: Step[UUID, Command] = Step(
    name="reserve",
    command=_says("reserve"),
    done=Reserved,
    refused=Refused,
    reason=lambda _: Reason("full", "none left"),
    deadline=MINUTE,
    compensation=Compensation(command=_says("release"), done=(Released,), deadline=MINUTE),
)
PAY: Step[UUID, Command] = Step(name="pay", command=_says("pay"), done=Paid, deadline=MINUTE)
V1: Saga[UUID, Command] = Saga("buy", 1, (RESERVE, PAY))
V2: Saga[UUID, Command] = Saga("buy", 2, (PAY,))


class Recorder(SagaStore[UUID, Command]):
    """Sends the commands, as a service would, and keeps the moves to look at."""

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


def _event(data: BaseModel) -> Event[Any]:
    return Event(
        id=uuid7(),
        type=f"test.{type(data).__name__.lower()}.v1",
        source="test",
        time=START,
        key=str(data.order_id),  # type: ignore[attr-defined]  # all events here have it
        data=data,
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )


def _engine(
    *definitions: Saga[UUID, Command],
) -> tuple[Sagas, Recorder, ManualClock]:
    recorder, clock = Recorder(), ManualClock(START)
    sagas = Sagas(clock)
    sagas.add(recorder, *(definitions or (V1,)))
    return sagas, recorder, clock


async def _start(database: Database, sagas: Sagas, count: int = 1) -> list[UUID]:
    ids = [uuid7() for _ in range(count)]
    async with database.transaction() as tx:
        await sagas.start(tx, "buy", [SagaStart(saga_id, saga_id) for saga_id in ids])
    return ids


async def _hear(database: Database, sagas: Sagas, *heard: BaseModel) -> None:
    async with database.transaction() as tx:
        sagas.receive(tx, [_event(data) for data in heard])


async def _sent(database: Database) -> list[str]:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "select convert_from(payload, 'UTF8')::json ->> 'text' as text "
            "from outbox order by position"
        )
    return [row["text"] for row in rows]


async def _direction(database: Database, saga_id: UUID) -> str:
    async with database.connection() as connection:
        return str(
            await connection.fetchval("select direction from sagas where saga_id = $1", saga_id)
        )


async def test_a_saga_moves_once_when_two_transactions_move_it_from_the_same_place(
    database: Database,
) -> None:
    both_looked = asyncio.Barrier(2)
    moving = 0

    class Slow(Recorder):
        @override
        async def apply_transitions(
            self, tx: Transaction, moves: Sequence[SagaTransition[UUID, Command]]
        ) -> None:
            nonlocal moving
            moving += moves[0].before is not None
            if 1 <= moving <= 2:
                await both_looked.wait()
            await super().apply_transitions(tx, moves)

    sagas = Sagas(ManualClock(START))
    sagas.add(Slow(), V1)
    [saga_id] = await _start(database, sagas)

    async def hear(tx: Transaction) -> None:
        sagas.receive(tx, [_event(Reserved(order_id=saga_id))])

    async with asyncio.timeout(20):
        await asyncio.gather(database.run(hear), database.run(hear))
    assert await _sent(database) == ["reserve", "pay"]


async def test_an_answer_that_comes_during_a_cancellation_loses_the_race_and_not_in_a_deadlock(
    database: Database,
) -> None:
    sagas, _, _ = _engine()
    [saga_id] = await _start(database, sagas)
    async with asyncio.timeout(20), database.transaction() as cancelling:
        await sagas.cancel(cancelling, saga_id)
        answered = asyncio.ensure_future(_hear(database, sagas, Reserved(order_id=saga_id)))
        await eventually(
            "the answer to wait",
            partial(_is_waited_for, database),
            bool,
            fails=lambda _: answered.done(),
        )
    with pytest.raises(ConcurrencyConflictError):
        await answered
    assert await _sent(database) == ["reserve", "release"]


async def _is_waited_for(database: Database) -> bool:
    async with database.connection() as connection:
        return bool(
            await connection.fetchval(
                "select exists(select from pg_stat_activity"
                " where datname = current_database() and wait_event_type = 'Lock')"
            )
        )


async def test_commands_and_story_are_written_with_each_move(database: Database) -> None:
    sagas, _, _ = _engine()
    [saga_id] = await _start(database, sagas)
    await _hear(database, sagas, Reserved(order_id=saga_id))
    await _hear(database, sagas, Paid(order_id=saga_id))

    assert await _sent(database) == ["reserve", "pay"]
    async with database.connection() as connection:
        history = await connection.fetch(
            "select number, state, detail from saga_transitions where saga_id = $1 order by 1",
            saga_id,
        )
    assert [tuple(row) for row in history] == [
        (1, "reserve", "started"),
        (2, "pay", "test.reserved.v1"),
        (3, "completed", "test.paid.v1"),
    ]


async def test_a_whole_batch_moves_at_once_also_when_a_saga_hears_twice(
    database: Database,
) -> None:
    sagas, recorder, _ = _engine()
    first, second = await _start(database, sagas, 2)
    heard = (Reserved(order_id=first), Reserved(order_id=second), Reserved(order_id=first))
    await _hear(database, sagas, *heard)

    assert await _sent(database) == ["reserve", "reserve", "pay", "pay"]
    assert len(recorder.moves) == 4


async def test_nothing_is_left_when_the_transaction_fails(database: Database) -> None:
    sagas, _, _ = _engine()

    async def fail_after_start() -> None:
        async with database.transaction() as tx:
            await sagas.start(tx, "buy", [SagaStart(uuid7(), uuid7())])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_start()

    assert await _sent(database) == []


async def test_an_event_for_no_saga_is_passed_over(database: Database) -> None:
    sagas, recorder, _ = _engine()
    await _hear(database, sagas, Reserved(order_id=uuid7()))

    assert recorder.moves == []


async def test_a_saga_turns_back_when_its_deadline_passes(database: Database) -> None:
    sagas, _, clock = _engine()
    [saga_id] = await _start(database, sagas)
    async with database.transaction() as tx:
        assert await sagas.take_due(tx, clock.now(), 10) == 0
    clock.advance(MINUTE)
    async with database.transaction() as tx:
        assert await sagas.take_due(tx, clock.now(), 10) == 1

    assert await _direction(database, saga_id) == "compensating"
    assert await _sent(database) == ["reserve", "release"]


async def test_two_timers_take_each_due_saga_once(database: Database) -> None:
    sagas, _, clock = _engine()
    await _start(database, sagas, 20)
    clock.advance(MINUTE)

    async def take() -> int:
        async with database.transaction() as tx:
            return await sagas.take_due(tx, clock.now(), 10)

    async with asyncio.TaskGroup() as group:
        takes = [group.create_task(take()) for _ in range(2)]

    assert sum(task.result() for task in takes) == 20
    assert (await _sent(database)).count("release") == 20


async def test_a_cancelled_saga_is_undone_and_a_second_cancel_is_refused(
    database: Database,
) -> None:
    sagas, _, _ = _engine()
    [saga_id] = await _start(database, sagas)
    async with database.transaction() as tx:
        assert await sagas.cancel(tx, saga_id)
    async with database.transaction() as tx:
        assert not await sagas.cancel(tx, saga_id)
    await _hear(database, sagas, Released(order_id=saga_id))

    assert await _direction(database, saga_id) == "compensated"


async def test_a_saga_keeps_the_version_it_began_with(database: Database) -> None:
    old, _, _ = _engine(V1)
    [saga_id] = await _start(database, old)
    new, _, _ = _engine(V1, V2)
    [newer] = await _start(database, new)
    await _hear(database, new, Reserved(order_id=saga_id), Paid(order_id=newer))

    assert await _sent(database) == ["reserve", "pay", "pay"]
    assert await _direction(database, newer) == "completed"


async def test_an_event_is_refused_when_the_definition_of_its_saga_is_gone(
    database: Database,
) -> None:
    old, _, _ = _engine(V1)
    [saga_id] = await _start(database, old)
    new, _, _ = _engine(V2)

    with pytest.raises(LookupError, match="keep a definition"):
        await _hear(database, new, Reserved(order_id=saga_id))
