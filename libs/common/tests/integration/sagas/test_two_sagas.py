"""Two sagas of one service: what they are about differs, the database is the same."""

from datetime import datetime, timedelta
from typing import Any

import pytest


async def test_each_saga_goes_its_own_way_when_one_batch_moves_both(world: Any) -> None:
    parcel, refund = await world.ship("a"), await world.refund(5)
    await world.deliver(("packed", parcel), ("booked", refund))
    await world.deliver(("sent", parcel))
    assert sorted(await world.sent()) == ["book 5", "close 5", "close a", "pack a", "send a"]


async def test_an_event_that_both_wait_for_moves_the_one_that_its_key_names(world: Any) -> None:
    parcel, refund = await world.ship("a"), await world.refund(5)
    await world.deliver(("packed", parcel), ("booked", refund), ("sent", parcel))
    world = world.other()
    await world.deliver(("closed", refund))
    assert await world.directions() == {"ship": "forward", "refund": "completed"}
    await world.deliver(("closed", parcel))
    assert await world.directions() == {"ship": "completed", "refund": "completed"}


async def test_an_event_of_one_saga_does_not_move_the_other(world: Any) -> None:
    refund = await world.refund(5)
    await world.deliver(("packed", refund))
    assert await world.sent() == ["book 5"]


async def test_one_timer_takes_the_due_sagas_of_both(world: Any, start: datetime) -> None:
    await world.ship("a")
    await world.refund(5)
    async with world.database.transaction() as tx:
        assert await world.sagas.take_due(tx, start + timedelta(minutes=1), 10) == 2
    assert sorted(await world.sent()) == ["book 5", "book 5", "pack a", "pack a"]


async def test_a_saga_of_an_unknown_name_is_not_begun(world: Any) -> None:
    async with world.database.transaction() as tx:
        with pytest.raises(LookupError, match="no saga send here, only: ship, refund"):
            await world.sagas.start(tx, "send", [])
