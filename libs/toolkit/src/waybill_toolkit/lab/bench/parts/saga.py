"""Sagas of four steps, advanced by events: engine and database, without a broker."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
from pydantic import BaseModel
from typing_extensions import override

from waybill.clock import SystemClock
from waybill.events import Event, Message
from waybill.ids import uuid7
from waybill.postgres import Database, Transaction
from waybill.postgres.migrations import migrate
from waybill.saga import Saga, Sagas, SagaStart, SagaStore, SagaTransition, Step
from waybill_toolkit.lab.bench.parts.traffic import SOURCE, TRACE
from waybill_toolkit.lab.bench.runtime import scratch_database
from waybill_toolkit.lab.bench.scenario import Figures
from waybill_toolkit.platform.handle import Platform

BATCH: Final = 50
"""Events per transaction: the size of a fetch under load."""

_TIME: Final = datetime(2026, 11, 22, tzinfo=UTC)


class Act(BaseModel):
    saga_id: UUID
    step: int


class Done0(BaseModel):
    saga_id: UUID


class Done1(Done0):
    pass


class Done2(Done0):
    pass


class Done3(Done0):
    pass


_ANSWERS: Final[Sequence[type[BaseModel]]] = (Done0, Done1, Done2, Done3)
_ACT: Final = Message("bench.act.v1", "bench.commands.v1", "saga_id", Act)


def _step(number: int) -> Step[UUID, Act]:
    return Step(
        name=f"step-{number}",
        command=lambda saga_id: Act(saga_id=saga_id, step=number),
        done=_ANSWERS[number],
        deadline=timedelta(minutes=1),
    )


_SAGA: Final = Saga("bench", 1, tuple(_step(number) for number in range(len(_ANSWERS))))


class _Subjects(SagaStore[UUID, Act]):
    select = "select saga_id from unnest($1::uuid[]) as subject (saga_id)"
    is_lasting = True

    @override
    def read(self, row: asyncpg.Record) -> UUID:
        saga_id: UUID = row["saga_id"]
        return saga_id

    @override
    async def apply_transitions(
        self, tx: Transaction, moves: Sequence[SagaTransition[UUID, Act]]
    ) -> None:
        for move in moves:
            if move.command:
                tx.send(_ACT, move.command, move.cause)


async def measure_saga(platform: Platform, events: int) -> Figures:
    """Advance sagas with batches of events; the time excludes their start."""
    async with scratch_database(platform) as url:
        await migrate(url)
        database = await Database.open(url, source=SOURCE)
        sagas = Sagas(SystemClock())
        sagas.add(_Subjects(), _SAGA)
        batches = await _start(database, sagas, max(1, events // len(_ANSWERS) // BATCH))
        began, cpu = time.monotonic(), time.process_time()
        for answer in _ANSWERS:
            for saga_ids in batches:
                async with database.transaction(optimistic=True) as tx:
                    sagas.receive(tx, [_event(answer, saga_id) for saga_id in saga_ids])
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
        async with database.connection() as connection:
            left = await connection.fetchval("select count(*) from sagas where deadline_at > now()")
        await database.close()
    if left:
        raise RuntimeError(f"{left} sagas did not complete")
    done = len(batches) * BATCH * len(_ANSWERS)
    return {"events_per_second": done / seconds, "cpu_seconds_per_event": cpu / done}


async def _start(database: Database, sagas: Sagas, count: int) -> list[list[UUID]]:
    batches = [[uuid7() for _ in range(BATCH)] for _ in range(count)]
    for saga_ids in batches:
        async with database.transaction() as tx:
            await sagas.start(tx, _SAGA.name, [SagaStart(saga_id, saga_id) for saga_id in saga_ids])
    return batches


def _event(answer: type[BaseModel], saga_id: UUID) -> Event[Any]:
    data = answer.model_validate({"saga_id": saga_id})
    return Event(uuid7(), f"bench.{answer.__name__}.v1", SOURCE, _TIME, str(saga_id), data, TRACE)
