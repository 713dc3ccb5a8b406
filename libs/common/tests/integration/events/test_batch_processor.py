"""Batches of events on a real PostgreSQL: each takes effect once, in order."""

import asyncio
from typing import Any

import asyncpg
import pytest

from waybill.events import PermanentError
from waybill.receiving.batch_processor import ATTEMPTS_MAX, BatchProcessor, retry_delay
from waybill.receiving.dead_letters import discard, list_dead_letters, retry
from waybill.receiving.retries import dead_letter_retries


@pytest.fixture
def deliver(world: Any) -> Any:
    processor = BatchProcessor(world.database, world.event_router, world.clock)

    async def run(*batch: Any) -> None:
        async with asyncio.timeout(20):
            await processor.process(batch, asyncio.Event())

    return run


@pytest.fixture
def tick(world: Any) -> Any:
    """Run the retry timer until nothing is due."""
    timer = dead_letter_retries(world.event_router)

    async def run() -> None:
        taken = 1
        while taken:
            async with world.database.transaction() as tx:
                taken = await timer.take(tx, world.clock.now(), 100)

    return run


async def _letters(world: Any) -> list[tuple[str, str, str | None]]:
    async with world.database.connection() as connection:
        letters = await list_dead_letters(connection)
    return [(letter.key, letter.state, letter.error) for letter in letters]


async def _ids(world: Any) -> list[Any]:
    async with world.database.connection() as connection:
        return [letter.event_id for letter in await list_dead_letters(connection)]


async def test_each_event_takes_effect_once_when_a_batch_is_redelivered(
    world: Any, deliver: Any
) -> None:
    batch = [world.delivery("a", 1), world.delivery("a", 2), world.delivery("b", 3)]
    await deliver(*batch)
    await deliver(*batch)
    assert sorted(await world.seen()) == [("a", 1), ("a", 2), ("b", 3)]


async def test_an_event_takes_effect_once_when_a_batch_holds_it_twice(
    world: Any, deliver: Any
) -> None:
    one, two = world.delivery("a", 1), world.delivery("a", 2)
    await deliver(one, two, one)
    assert await world.seen() == [("a", 1), ("a", 2)]


async def test_each_event_takes_effect_once_when_two_replicas_process_them_at_once(
    world: Any,
) -> None:
    batch = [world.delivery("a", 1), world.delivery("b", 2)]
    both_react = asyncio.Barrier(2)
    entered = 0
    write = world.event_handlers._write

    async def meet(*arguments: Any) -> None:
        nonlocal entered
        entered += 1
        if entered <= 2:
            await both_react.wait()
        await write(*arguments)

    world.event_handlers._write = meet
    replicas = [BatchProcessor(world.database, world.event_router, world.clock) for _ in range(2)]
    async with asyncio.timeout(20):
        await asyncio.gather(*(each.process(batch, asyncio.Event()) for each in replicas))
    assert entered == 2
    assert sorted(await world.seen()) == [("a", 1), ("b", 2)]


async def test_a_batch_makes_few_calls_and_keeps_the_order_of_each_key(
    world: Any, deliver: Any
) -> None:
    accounts = [f"account-{number}" for number in range(50)]
    batch = [world.delivery(account, 1) for account in accounts]
    batch += [world.delivery(account, 2, message=world.closed) for account in accounts]
    await deliver(*batch)
    assert [(name, len(numbers)) for name, numbers in world.event_handlers.calls] == [
        ("noted", 50),
        ("closed", 50),
    ]


async def test_a_failing_event_does_not_affect_the_others_of_its_batch(
    world: Any, deliver: Any
) -> None:
    world.event_handlers.failing[2] = ValueError("no such luck")
    await deliver(world.delivery("a", 1), world.delivery("b", 2), world.delivery("c", 3))
    assert await world.seen() == [("a", 1), ("c", 3)]
    assert await _letters(world) == [("b", "retrying", "ValueError: no such luck")]


async def test_later_events_of_its_key_wait_when_an_event_is_parked(
    world: Any, deliver: Any
) -> None:
    world.event_handlers.failing[1] = ValueError("not yet")
    await deliver(world.delivery("a", 1), world.delivery("a", 2), world.delivery("b", 3))
    await deliver(world.delivery("a", 4), world.delivery("b", 5))
    assert await world.seen() == [("b", 3), ("b", 5)]
    assert [state for _, state, _ in await _letters(world)] == ["retrying", "waiting", "waiting"]


async def test_parked_events_take_effect_in_order_when_the_first_one_passes(
    world: Any, deliver: Any, tick: Any
) -> None:
    world.event_handlers.failing[1] = ValueError("not yet")
    await deliver(*(world.delivery("a", number) for number in (1, 2, 3)))
    await tick()
    assert await world.seen() == []

    world.event_handlers.failing.clear()
    world.clock.advance(retry_delay(1))
    await tick()
    assert await world.seen() == [("a", 1), ("a", 2), ("a", 3)]
    assert await _letters(world) == []


async def test_an_event_is_dead_after_all_attempts_and_can_be_retried_on_request(
    world: Any, deliver: Any, tick: Any
) -> None:
    world.event_handlers.failing[1] = ValueError("never")
    await deliver(world.delivery("a", 1), world.delivery("a", 2))
    for attempts in range(1, ATTEMPTS_MAX):
        world.clock.advance(retry_delay(attempts))
        await tick()
    assert [state for _, state, _ in await _letters(world)] == ["dead", "waiting"]

    world.event_handlers.failing.clear()
    await tick()
    assert await world.seen() == []
    async with world.database.transaction() as tx:
        assert await retry(tx, (await _ids(world))[0], world.clock.now())
    await tick()
    assert await world.seen() == [("a", 1), ("a", 2)]


async def test_waiting_events_are_processed_when_the_first_one_is_discarded(
    world: Any, deliver: Any, tick: Any
) -> None:
    world.event_handlers.failing[1] = PermanentError("makes no sense")
    await deliver(world.delivery("a", 1), world.delivery("a", 2))
    assert [state for _, state, _ in await _letters(world)] == ["dead", "waiting"]
    async with world.database.transaction() as tx:
        assert await discard(tx, (await _ids(world))[0])
    await tick()
    await deliver(world.delivery("a", 3))
    assert await world.seen() == [("a", 2), ("a", 3)]
    assert [state for _, state, _ in await _letters(world)] == ["discarded"]


async def test_a_discarded_event_stays_without_effect_when_it_is_redelivered(
    world: Any, deliver: Any, tick: Any
) -> None:
    bad = world.delivery("a", 1)
    world.event_handlers.failing[1] = PermanentError("makes no sense")
    await deliver(bad)
    async with world.database.transaction() as tx:
        await discard(tx, bad.event_id)
    world.event_handlers.failing.clear()
    await deliver(bad)
    await tick()
    assert await world.seen() == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"value": b'{"account": "a"}'}, "InvalidPayloadError: 1 fault(s): /number: missing"),
        ({"value": b"no json"}, "InvalidPayloadError: 1 fault(s): /: json_invalid"),
        ({"value": None}, "InvalidPayloadError: the record has no value"),
        ({"headers": []}, "UnreadableEventError: header ce_specversion is not 1.0"),
    ],
)
async def test_an_event_is_dead_at_once_and_its_key_waits_when_it_cannot_be_read(
    world: Any, deliver: Any, tick: Any, fault: dict[str, Any], reason: str
) -> None:
    bad = world.delivery("a", 1, **fault)
    await deliver(bad, world.delivery("a", 2), world.delivery("b", 3))
    await deliver(bad)
    await tick()
    assert await world.seen() == [("b", 3)]
    assert await _letters(world) == [("a", "dead", reason), ("a", "waiting", None)]
    assert len(world.event_handlers.calls) == 1, (
        "a known fault does not cost the batch a second run"
    )


async def test_no_event_waits_for_an_unreadable_event_without_a_key(
    world: Any, deliver: Any
) -> None:
    bad = world.delivery("a", 1, key=None, headers=[])
    await deliver(bad, world.delivery("a", 2))
    assert await world.seen() == [("a", 2)]
    [(key, state, _)] = await _letters(world)
    assert (key, state) == (f"{world.topic.name}/0/{bad.record.offset}", "dead")


async def test_an_event_is_stored_when_it_has_bytes_that_a_postgresql_text_cannot_hold(
    world: Any, deliver: Any
) -> None:
    await deliver(world.delivery("a", 1, key=b"\xff\x00", headers=[("\0", b"\0\xff")], value=b"\0"))
    [(key, state, _)] = await _letters(world)
    assert (key, state) == ("\\xff\\x00", "dead")


async def test_nothing_remains_when_an_event_handler_fails(world: Any, deliver: Any) -> None:
    world.event_handlers.reply = world.noted
    world.event_handlers.failing[1] = ValueError("after writing and sending")
    await deliver(world.delivery("a", 1))
    assert await world.seen() == []
    assert await world.value("SELECT count(*) FROM outbox") == 0


async def test_a_retry_leaves_nothing_behind_when_it_fails(
    world: Any, deliver: Any, tick: Any
) -> None:
    world.event_handlers.reply = world.noted
    world.event_handlers.failing[1] = ValueError("after writing and sending")
    await deliver(world.delivery("a", 1))
    world.clock.advance(retry_delay(1))
    await tick()
    assert await world.seen() == []
    assert await world.value("SELECT count(*) FROM outbox") == 0
    assert await world.value("SELECT attempts FROM dead_letters") == 2


async def test_an_event_is_parked_when_its_transaction_would_fail_at_the_commit(
    world: Any, deliver: Any
) -> None:
    async with world.database.transaction() as tx:
        await tx.execute(
            "ALTER TABLE seen ADD CONSTRAINT once UNIQUE (number) DEFERRABLE INITIALLY DEFERRED"
        )
    await deliver(world.delivery("a", 1), world.delivery("b", 1), world.delivery("c", 2))
    assert await world.seen() == [("a", 1), ("c", 2)]
    [(key, state, error)] = await _letters(world)
    assert (key, state) == ("b", "retrying")
    assert error is not None
    assert error.startswith("UniqueViolationError")


async def test_the_whole_batch_is_retried_after_a_deadlock(world: Any, deliver: Any) -> None:
    world.event_handlers.failing[2] = asyncpg.DeadlockDetectedError("chosen")
    done = asyncio.Event()

    async def pass_later() -> None:
        while not done.is_set() and len(world.event_handlers.calls) < 1:
            await asyncio.sleep(0.005)
        world.event_handlers.failing.clear()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pass_later())
        await deliver(world.delivery("a", 1), world.delivery("b", 2))
        done.set()
    assert await world.seen() == [("a", 1), ("b", 2)]
    assert await _letters(world) == []


async def test_each_event_takes_effect_once_and_in_order_when_two_replicas_have_the_same_batches(
    world: Any, deliver: Any, tick: Any
) -> None:
    """A replica whose partition was revoked still processes its current batch."""
    events = [world.delivery(f"key-{number % 7}", number) for number in range(300)]
    world.event_handlers.failing[21] = ValueError("fails once, in the first replica")

    async def replica(size: int) -> None:
        for start in range(0, len(events), size):
            await deliver(*events[start : start + size])

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(replica(50))
        tasks.create_task(replica(33))
    world.event_handlers.failing.clear()
    world.clock.advance(retry_delay(1))
    await tick()
    seen = await world.seen()
    assert sorted(seen) == sorted((f"key-{number % 7}", number) for number in range(300))
    for key in range(7):
        numbers = [number for account, number in seen if account == f"key-{key}"]
        assert numbers == sorted(numbers)
