"""The saga engine on a real PostgreSQL: rows, history, commands in the outbox."""

from dataclasses import replace

import pytest
from libs.common.tests.integration.saga_engine.conftest import (
    MINUTE,
    V1,
    V2,
    Paid,
    Released,
    Reserved,
    direction,
    engine,
    event,
    receive,
    sent,
    start,
)

from waybill.ids import uuid7
from waybill.postgres import Database
from waybill.saga import (
    SagaStart,
)


async def test_commands_and_history_are_written_with_each_move(database: Database) -> None:
    sagas, _, _ = engine()
    [saga_id] = await start(database, sagas)
    await receive(database, sagas, Reserved(order_id=saga_id))
    await receive(database, sagas, Paid(order_id=saga_id))

    assert await sent(database) == ["reserve", "pay"]
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


async def test_each_transition_and_its_command_have_the_actor_of_their_cause(
    database: Database,
) -> None:
    sagas, _, clock = engine()
    alice, clerk = "user:alice", "user:clerk"
    first, second = uuid7(), uuid7()
    async with database.transaction() as tx:
        tx.actor = alice
        await sagas.start(tx, "buy", [SagaStart(each, each) for each in (first, second)])
    async with database.transaction() as tx:
        tx.actor = None
        answer = replace(event(Reserved(order_id=first)), actor="user:of-the-event")
        sagas.receive(tx, [answer, event(Reserved(order_id=second))])
    async with database.transaction() as tx:
        tx.actor = clerk
        await sagas.cancel(tx, first)
    clock.advance(2 * MINUTE)
    async with database.transaction() as tx:
        assert await sagas.take_due(tx, clock.now(), 5) == 2

    expected = {
        first: [alice, "user:of-the-event", clerk, "system"],
        second: [alice, None, "system"],
    }
    async with database.connection() as connection:
        for saga_id, actors in expected.items():
            moves = await connection.fetch(
                "select actor from saga_transitions where saga_id = $1 order by number", saga_id
            )
            commands = await connection.fetch(
                "select actor from outbox where key = $1 order by position", str(saga_id)
            )
            assert [row["actor"] for row in moves] == actors
            assert [row["actor"] for row in commands] == actors


async def test_a_whole_batch_moves_at_once_also_when_a_saga_gets_two_events(
    database: Database,
) -> None:
    sagas, recorder, _ = engine()
    first, second = await start(database, sagas, 2)
    answers = (Reserved(order_id=first), Reserved(order_id=second), Reserved(order_id=first))
    await receive(database, sagas, *answers)

    assert await sent(database) == ["reserve", "reserve", "pay", "pay"]
    assert len(recorder.moves) == 4


async def test_nothing_is_left_when_the_transaction_fails(database: Database) -> None:
    sagas, _, _ = engine()

    async def fail_after_start() -> None:
        async with database.transaction() as tx:
            await sagas.start(tx, "buy", [SagaStart(uuid7(), uuid7())])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_start()

    assert await sent(database) == []


async def test_an_event_of_no_saga_is_ignored(database: Database) -> None:
    sagas, recorder, _ = engine()
    await receive(database, sagas, Reserved(order_id=uuid7()))

    assert recorder.moves == []


async def test_a_saga_is_compensated_when_its_deadline_passes(database: Database) -> None:
    sagas, _, clock = engine()
    [saga_id] = await start(database, sagas)
    async with database.transaction() as tx:
        assert await sagas.take_due(tx, clock.now(), 10) == 0
    clock.advance(MINUTE)
    async with database.transaction() as tx:
        assert await sagas.take_due(tx, clock.now(), 10) == 1

    assert await direction(database, saga_id) == "compensating"
    assert await sent(database) == ["reserve", "release"]


async def test_a_cancelled_saga_is_compensated_and_a_second_cancel_is_refused(
    database: Database,
) -> None:
    sagas, _, _ = engine()
    [saga_id] = await start(database, sagas)
    async with database.transaction() as tx:
        assert await sagas.cancel(tx, saga_id)
    async with database.transaction() as tx:
        assert not await sagas.cancel(tx, saga_id)
    await receive(database, sagas, Released(order_id=saga_id))

    assert await direction(database, saga_id) == "compensated"


async def test_a_saga_keeps_the_version_it_started_with(database: Database) -> None:
    old, _, _ = engine(V1)
    [saga_id] = await start(database, old)
    new, _, _ = engine(V1, V2)
    [newer] = await start(database, new)
    await receive(database, new, Reserved(order_id=saga_id), Paid(order_id=newer))

    assert await sent(database) == ["reserve", "pay", "pay"]
    assert await direction(database, newer) == "completed"


async def test_an_event_is_refused_when_the_definition_of_its_saga_was_removed(
    database: Database,
) -> None:
    old, _, _ = engine(V1)
    [saga_id] = await start(database, old)
    new, _, _ = engine(V2)

    with pytest.raises(LookupError, match="keep a definition"):
        await receive(database, new, Reserved(order_id=saga_id))
