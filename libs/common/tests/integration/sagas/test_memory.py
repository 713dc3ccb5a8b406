"""A process remembers where it left a saga, and is not misled when that is out of date."""

import pickle
from typing import Any

import pytest

from waybill.postgres import ConcurrencyConflictError


async def test_a_saga_is_not_read_where_it_was_started(world: Any) -> None:
    parcel = await world.ship("a")
    assert await world.deliver(("packed", parcel)) == 0
    assert await world.deliver(("sent", parcel)) == 0
    assert await world.deliver(("closed", parcel)) == 0
    assert await world.sent() == ["pack a", "send a", "close a"]


async def test_a_saga_of_another_process_is_read_once_and_then_cached(world: Any) -> None:
    parcel = await world.other().ship("a")
    assert await world.deliver(("packed", parcel)) == 1
    assert await world.deliver(("sent", parcel)) == 0
    assert await world.deliver(("closed", parcel)) == 0


async def test_a_saga_is_not_read_where_it_was_passed_on_to(world: Any) -> None:
    serving = world.other()
    serving.sagas.started.pass_on = lambda started: world.sagas.started.cache(
        pickle.loads(pickle.dumps(started))  # noqa: S301 - our own, as between two processes
    )
    parcel = await serving.ship("a")

    assert await world.deliver(("packed", parcel)) == 0
    assert await world.deliver(("sent", parcel)) == 0
    assert await world.sent() == ["pack a", "send a", "close a"]


async def test_a_saga_that_was_moved_before_it_was_passed_on_conflicts_at_most_once(
    world: Any,
) -> None:
    serving = world.other()
    passed: list[Any] = []
    serving.sagas.started.pass_on = passed.extend
    parcel = await serving.ship("a")
    assert await world.deliver(("packed", parcel)) == 1
    world.sagas.started.cache(passed)
    assert await world.deliver(("sent", parcel)) == 0

    refund = await serving.refund(5)
    await serving.other().cancel(refund)
    world.sagas.started.cache(passed)
    with pytest.raises(ConcurrencyConflictError):
        await world.deliver(("booked", refund))
    assert await world.deliver(("booked", refund)) == 1
    assert await world.value("select direction from sagas where definition = 'refund'") != "forward"


async def test_a_saga_whose_start_is_rolled_back_is_not_passed_on(world: Any) -> None:
    passed: list[Any] = []
    world.sagas.started.pass_on = passed.extend
    with pytest.raises(ZeroDivisionError):
        await world.ship_and_fail("a")
    assert passed == []


async def test_what_may_change_is_read_again_and_the_saga_itself_is_not(world: Any) -> None:
    refund = await world.refund(5)
    assert await world.deliver(("booked", refund)) == 1
    await world.database.run(lambda tx: tx.execute("update refunds set amount = 6"))
    assert await world.deliver(("closed", refund)) == 1


async def test_the_race_is_lost_when_another_process_has_moved_the_saga_meanwhile(
    world: Any,
) -> None:
    parcel = await world.ship("a")
    await world.deliver(("packed", parcel))
    await world.other().cancel(parcel)

    with pytest.raises(ConcurrencyConflictError):
        await world.deliver(("sent", parcel))
    assert await world.sent() == ["pack a", "send a", "unpack a"]

    assert await world.deliver(("sent", parcel)) == 1
    assert await world.sent() == ["pack a", "send a", "unpack a"]
    assert await world.deliver(("unpacked", parcel)) == 1


async def test_the_saga_is_read_when_an_event_is_too_early_for_its_cached_position(
    world: Any,
) -> None:
    parcel = await world.ship("a")
    await world.deliver(("packed", parcel))
    await world.other().deliver(("sent", parcel))

    assert await world.deliver(("closed", parcel)) == 1
    assert await world.value("select direction from sagas") == "completed"


async def test_the_saga_is_read_when_one_of_several_events_does_not_move_it(
    world: Any,
) -> None:
    parcel = await world.ship("a")
    await world.deliver(("packed", parcel))
    assert await world.deliver(("sent", parcel), ("packed", parcel), ("closed", parcel)) == 1
    assert await world.value("select direction from sagas") == "completed"


async def test_nothing_is_cached_of_a_transaction_that_failed(world: Any) -> None:
    parcel = await world.ship("a")
    await world.deliver(("packed", parcel))
    with pytest.raises(ZeroDivisionError):
        await _move_and_fail(world, parcel)

    assert await world.deliver(("sent", parcel)) == 1
    assert await world.sent() == ["pack a", "send a", "close a"]


async def _move_and_fail(world: Any, parcel: Any) -> None:
    async with world.database.transaction(optimistic=True) as tx:
        world.receive(tx, ("sent", parcel))
        await tx.finish()
        raise ZeroDivisionError


async def test_nothing_is_relied_on_when_the_transaction_is_not_optimistic(world: Any) -> None:
    parcel = await world.ship("a")
    await world.deliver(("packed", parcel))
    await world.other().cancel(parcel)
    assert await world.deliver(("sent", parcel), optimistic=False) == 1


async def test_a_cancellation_in_the_same_process_is_remembered(world: Any) -> None:
    parcel = await world.ship("a")
    await world.cancel(parcel)
    assert await world.deliver(("unpacked", parcel)) == 0
    assert await world.value("select direction from sagas") == "compensated"
