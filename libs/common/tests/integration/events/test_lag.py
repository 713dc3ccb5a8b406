"""The lag of a consumer."""

from typing import Any


async def test_lag_counts_records_that_were_not_processed(
    world: Any, bootstrap_servers: str, running: Any, eventually: Any
) -> None:
    await world.produce(bootstrap_servers, "a", 1, 2, 3)
    consumer = world.consumer(bootstrap_servers)
    assert sum((await consumer.lag()).values()) == 3

    async def is_done() -> bool:
        lag: dict[str, int] = await consumer.lag()
        return not sum(lag.values())

    async with running(consumer):
        await eventually(is_done)
    assert len(await world.seen()) == 3
