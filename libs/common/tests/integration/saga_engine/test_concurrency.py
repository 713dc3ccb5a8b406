"""Sagas that several transactions move at once, on a real PostgreSQL."""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID

import pytest
from libs.common.tests.integration.saga_engine.conftest import (
    MINUTE,
    START,
    V1,
    Command,
    Recorder,
    Reserved,
    engine,
    event,
    receive,
    sent,
    start,
)
from typing_extensions import override

from waybill.clock import ManualClock
from waybill.postgres import ConcurrencyConflictError, Database, Transaction
from waybill.saga import (
    Sagas,
    SagaTransition,
)
from waybill_toolkit.testing.eventually import eventually


async def test_a_saga_moves_once_when_two_transactions_move_it_from_the_same_position(
    database: Database,
) -> None:
    both_read = asyncio.Barrier(2)
    moving = 0

    class Slow(Recorder):
        @override
        async def apply_transitions(
            self, tx: Transaction, moves: Sequence[SagaTransition[UUID, Command]]
        ) -> None:
            nonlocal moving
            moving += moves[0].before is not None
            if 1 <= moving <= 2:
                await both_read.wait()
            await super().apply_transitions(tx, moves)

    sagas = Sagas(ManualClock(START))
    sagas.add(Slow(), V1)
    [saga_id] = await start(database, sagas)

    async def receive_reserved(tx: Transaction) -> None:
        sagas.receive(tx, [event(Reserved(order_id=saga_id))])

    async with asyncio.timeout(20):
        await asyncio.gather(database.run(receive_reserved), database.run(receive_reserved))
    assert await sent(database) == ["reserve", "pay"]


async def test_an_answer_during_a_cancellation_is_a_conflict_and_not_a_deadlock(
    database: Database,
) -> None:
    sagas, _, _ = engine()
    [saga_id] = await start(database, sagas)
    async with asyncio.timeout(20), database.transaction() as cancelling:
        await sagas.cancel(cancelling, saga_id)
        answered = asyncio.ensure_future(receive(database, sagas, Reserved(order_id=saga_id)))
        await eventually(
            "the answer to wait",
            partial(_is_lock_awaited, database),
            bool,
            fails=lambda _: answered.done(),
        )
    with pytest.raises(ConcurrencyConflictError):
        await answered
    assert await sent(database) == ["reserve", "release"]


async def _is_lock_awaited(database: Database) -> bool:
    async with database.connection() as connection:
        return bool(
            await connection.fetchval(
                "select exists(select from pg_stat_activity"
                " where datname = current_database() and wait_event_type = 'Lock')"
            )
        )


async def test_two_timers_take_each_due_saga_once(database: Database) -> None:
    sagas, _, clock = engine()
    await start(database, sagas, 20)
    clock.advance(MINUTE)

    async def take() -> int:
        async with database.transaction() as tx:
            return await sagas.take_due(tx, clock.now(), 10)

    async with asyncio.TaskGroup() as group:
        takes = [group.create_task(take()) for _ in range(2)]

    assert sum(task.result() for task in takes) == 20
    assert (await sent(database)).count("release") == 20
