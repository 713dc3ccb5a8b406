"""Batches are processed optimistically until a conflict: when the inbox is read first."""

import asyncio
from typing import Any

import pytest
from typing_extensions import override

from waybill.postgres import Transaction
from waybill.receiving.batch_processor import BatchProcessor, retry_delay
from waybill.receiving.dead_letters import list_dead_letters
from waybill.receiving.retries import dead_letter_retries


class Replica:
    """A process that counts how often it reads the inbox before it writes."""

    def __init__(self, world: Any) -> None:
        self._processor = BatchProcessor(world.database, world.event_router, world.clock)
        self.check_first = self._processor.check_first
        self._database = world.database

    async def deliver(self, *batch: Any) -> int:
        reads = 0

        class Counted(Transaction):
            @override
            async def fetch_outside(self, sql: str, *arguments: object) -> Any:
                nonlocal reads
                reads += 1
                return await super().fetch_outside(sql, *arguments)

        self._database.begin = Counted
        async with asyncio.timeout(20):
            await self._processor.process(batch, asyncio.Event())
        return reads


@pytest.fixture
def replica(world: Any) -> Replica:
    return Replica(world)


async def _states(world: Any) -> list[str]:
    async with world.database.connection() as connection:
        return [letter.state for letter in await list_dead_letters(connection)]


async def test_the_inbox_is_read_at_the_start_and_after_an_assignment_and_not_in_between(
    world: Any, replica: Replica
) -> None:
    assert await replica.deliver(world.delivery("a", 1)) == 1
    assert await replica.deliver(world.delivery("a", 2)) == 0
    assert await replica.deliver(world.delivery("a", 3), world.delivery("b", 4)) == 0
    replica.check_first()
    assert await replica.deliver(world.delivery("a", 5)) == 1
    assert await replica.deliver(world.delivery("a", 6)) == 0


async def test_the_inbox_is_read_after_a_conflict_until_a_batch_has_no_duplicate(
    world: Any, replica: Replica
) -> None:
    one, two = world.delivery("a", 1), world.delivery("a", 2)
    await replica.deliver(one)
    assert await replica.deliver(one, two) == 1
    assert await replica.deliver(two) == 1
    assert await replica.deliver(world.delivery("a", 3)) == 1
    assert await replica.deliver(world.delivery("a", 4)) == 0
    assert await world.seen() == [("a", 1), ("a", 2), ("a", 3), ("a", 4)]


async def test_an_event_waits_behind_one_that_another_replica_has_parked(
    world: Any, replica: Replica
) -> None:
    first = world.delivery("a", 1)
    await replica.deliver(world.delivery("b", 0))
    world.event_handlers.failing[1] = ValueError("not yet")
    await Replica(world).deliver(first)
    world.event_handlers.failing.clear()

    await replica.deliver(first, world.delivery("a", 2))
    await replica.deliver(world.delivery("a", 3))
    assert await world.seen() == [("b", 0)]
    assert await _states(world) == ["retrying", "waiting", "waiting"]


async def test_the_inbox_is_read_while_an_event_is_parked(world: Any, replica: Replica) -> None:
    await replica.deliver(world.delivery("a", 1))
    world.event_handlers.failing[2] = ValueError("not yet")
    await replica.deliver(world.delivery("a", 2))
    world.event_handlers.failing.clear()
    assert await replica.deliver(world.delivery("b", 3)) == 1

    world.clock.advance(retry_delay(1))
    timer = dead_letter_retries(world.event_router)
    async with world.database.transaction() as tx:
        assert await timer.take(tx, world.clock.now(), 100) == 1
    assert await replica.deliver(world.delivery("a", 4)) == 1
    assert await replica.deliver(world.delivery("a", 5)) == 0
    assert await world.seen() == [("a", 1), ("b", 3), ("a", 2), ("a", 4), ("a", 5)]


async def test_a_batch_is_retried_when_an_earlier_event_is_parked_before_its_commit(
    world: Any, replica: Replica
) -> None:
    """The other replica parks it between the event handler and the insert into the inbox."""
    await replica.deliver(world.delivery("b", 0))
    write = world.event_handlers._write

    async def park_meanwhile(*arguments: Any) -> None:
        world.event_handlers._write = write
        world.event_handlers.failing[1] = ValueError("not yet")
        await Replica(world).deliver(world.delivery("a", 1))
        world.event_handlers.failing.clear()
        await write(*arguments)

    world.event_handlers._write = park_meanwhile
    await replica.deliver(world.delivery("a", 2))
    assert await world.seen() == [("b", 0)]
    assert await _states(world) == ["retrying", "waiting"]
