"""The lag of a consumer."""

from typing import Any


async def test_lag_counts_records_that_were_not_processed(
    world: Any, bootstrap_servers: str, running: Any, eventually: Any
) -> None:
    await world.produce(bootstrap_servers, "a", 1, 2, 3)
    await world.produce(bootstrap_servers, "b", 1)
    consumer = world.consumer(bootstrap_servers)
    lag = await consumer.lag()
    assert sum(lag.records.values()) == 4
    [seconds] = lag.seconds.values()
    assert seconds > 0

    async def is_done() -> bool:
        nonlocal lag
        lag = await consumer.lag()
        return not sum(lag.records.values())

    async with running(consumer):
        await eventually(is_done)
    assert len(await world.seen()) == 4
    assert list(lag.seconds.values()) == [0]
