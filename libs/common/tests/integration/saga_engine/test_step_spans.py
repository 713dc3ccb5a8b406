"""Each step of a saga has a span, from its command to its answer, in the trace of its start."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from libs.common.tests.integration.saga_engine.conftest import (
    Paid,
    Refused,
    Reserved,
    engine,
    receive,
    start,
)

from waybill import trace
from waybill.postgres import Database
from waybill.spans import Span
from waybill.spans.recorder import Recorder, use

STARTED = "00-5bd66ef5095369c7b0d1f8f4bd33716a-00f067aa0ba902b7-01"
UNSAMPLED = STARTED.removesuffix("1") + "0"


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    use(recorder)
    yield recorder
    use(None)


def steps(recorder: Recorder) -> list[Span]:
    return [span for span in recorder.take(1_000) if span.name.startswith("saga ")]


async def commands(database: Database) -> list[str]:
    async with database.connection() as connection:
        rows = await connection.fetch("select traceparent from outbox order by position")
    return [row["traceparent"] for row in rows]


async def test_a_step_lasts_from_its_command_to_its_answer(
    database: Database, recorder: Recorder
) -> None:
    sagas, _, clock = engine()
    with trace.resumed(STARTED) as request:
        [saga_id] = await start(database, sagas)
    clock.advance(timedelta(seconds=3))
    await receive(database, sagas, Reserved(order_id=saga_id))
    other, _, _ = engine()  # a process that has nothing in memory
    await receive(database, other, Paid(order_id=saga_id))

    reserve, pay = steps(recorder)
    assert (reserve.name, pay.name) == ("saga reserve", "saga pay")
    for step in (reserve, pay):
        assert step.context.trace_id == request.trace_id
        assert step.context.parent_id == request.span_id
        assert step.attributes["waybill.saga.id"] == str(saga_id)
    assert await commands(database) == [each.context.traceparent for each in (reserve, pay)]
    assert reserve.attributes["waybill.saga.ended_by"] == "test.reserved.v1"


async def test_a_deadline_continues_the_trace_of_the_saga(
    database: Database, recorder: Recorder
) -> None:
    sagas, _, clock = engine()
    with trace.resumed(STARTED):
        [_] = await start(database, sagas)
    clock.advance(timedelta(minutes=2))
    async with database.transaction() as tx:
        assert await sagas.take_due(tx, clock.now(), 10) == 1

    [reserve] = steps(recorder)
    assert reserve.attributes["waybill.saga.ended_by"] == "no answer in time"
    assert {trace.trace_id(each) for each in await commands(database)} == {trace.trace_id(STARTED)}


async def test_a_deadline_continues_the_trace_when_nothing_is_recorded(database: Database) -> None:
    sagas, _, clock = engine()
    with trace.resumed(UNSAMPLED):
        [_] = await start(database, sagas)
    clock.advance(timedelta(minutes=2))
    async with database.transaction() as tx:
        await sagas.take_due(tx, clock.now(), 10)
    assert await commands(database) == [UNSAMPLED, UNSAMPLED]


async def test_a_cancellation_links_the_step_that_it_ends(
    database: Database, recorder: Recorder
) -> None:
    sagas, _, _ = engine()
    with trace.resumed(STARTED):
        [saga_id] = await start(database, sagas)
    cancelling = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01"
    with trace.resumed(cancelling) as request:
        async with database.transaction() as tx:
            assert await sagas.cancel(tx, saga_id)
    [reserve] = steps(recorder)
    assert list(reserve.links) == [request]
    assert trace.trace_id((await commands(database))[-1]) == trace.trace_id(STARTED)


async def test_a_step_that_is_rolled_back_has_no_span(
    database: Database, recorder: Recorder
) -> None:
    sagas, _, _ = engine()
    with trace.resumed(STARTED):
        [saga_id] = await start(database, sagas)

    async def cancel_and_fail() -> None:
        async with database.transaction() as tx:
            assert await sagas.cancel(tx, saga_id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await cancel_and_fail()
    assert not steps(recorder)


async def test_a_saga_of_an_earlier_release_moves_without_spans(
    database: Database, recorder: Recorder
) -> None:
    sagas, _, _ = engine()
    with trace.resumed(STARTED):
        [saga_id] = await start(database, sagas)
    async with database.transaction() as tx:
        await tx.execute("update sagas set traceparent = null where saga_id = $1", saga_id)
    other, _, _ = engine()
    await receive(database, other, Refused(order_id=saga_id))
    assert not steps(recorder)
