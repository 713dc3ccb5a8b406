"""A bit flips in a file of the embedded broker: the events come again from the outbox."""

from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize("found", ["when it is read", "at the start"])
async def test_all_events_take_effect_once_and_in_order_after_a_bit_has_flipped(
    world: Any, running: Any, eventually: Any, embedded_broker_server: Any, found: str
) -> None:
    broker_server = embedded_broker_server
    async with running(world.relay(broker_server.bootstrap_servers)):
        async with running(world.consumer(broker_server.bootstrap_servers)):
            await world.send("a", *range(5))
            await eventually(lambda: _has_seen(world, 5))
        for number in range(5, 8):
            await world.send("a", number)
            await eventually(lambda: _is_published(world))
        if found == "at the start":
            broker_server.kill()
        _flip_bit(broker_server, world.topic.name, b'"number":6')
        if found == "at the start":
            broker_server.start()
        async with running(world.consumer(broker_server.bootstrap_servers)):
            if found == "when it is read":
                await eventually(lambda: _has_ended(broker_server))
                broker_server.start()
            await eventually(lambda: _has_seen(world, 8))
            await world.send("a", 8)
            await eventually(lambda: _has_seen(world, 9))
    assert await world.seen() == [("a", number) for number in range(9)]
    assert await world.value("SELECT count(*) FROM dead_letters") == 0


def _flip_bit(broker_server: Any, topic: str, text: bytes) -> None:
    folder: Path = broker_server.folder
    for file in folder.glob(f"topics/{topic}/*/*/*.log"):
        data = bytearray(file.read_bytes())
        at = data.rfind(text)
        if at >= 0:
            data[at] ^= 1
            file.write_bytes(data)
            return
    raise LookupError(text)


async def _has_seen(world: Any, count: int) -> bool:
    return bool(await world.value("SELECT count(*) >= $1 FROM seen", count))


async def _is_published(world: Any) -> bool:
    return bool(await world.unpublished() == 0)


async def _has_ended(broker_server: Any) -> bool:
    return not broker_server.is_running
