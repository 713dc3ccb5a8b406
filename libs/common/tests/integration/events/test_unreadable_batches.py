"""A batch that cannot be decoded is parked, and stops neither the consumer nor its service."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

import waybill.kafka.chunks
from waybill.kafka.partitions import Partition
from waybill.kafka.record_batches import Record, read_records
from waybill.receiving.dead_letters import DeadLetter, list_dead_letters
from waybill.receiving.unreadable_batches import BATCH_TYPE, KEPT_BYTES_MAX, offsets_of
from waybill.sending.relay_store import clear_batch

Damage = Callable[[bytes], bytes]
FLIPPED_AT = 70


@pytest.fixture
def arrive(monkeypatch: pytest.MonkeyPatch) -> Callable[[Damage | None], None]:
    """Change what arrives from the broker, as a damaged disk would; None ends it."""

    def set_damage(damage: Damage | None) -> None:
        def read(
            topic: str, partition: int, batches: bytes, start: int, records_max: int
        ) -> tuple[list[Record], int]:
            batches = batches if damage is None else damage(batches)
            return read_records(topic, partition, batches, start, records_max)

        monkeypatch.setattr(waybill.kafka.chunks, "read_records", read)

    return set_damage


def _at(offset: int, change: Callable[[bytearray], object]) -> Damage:
    """Change the batch with this first offset."""

    def damage(batches: bytes) -> bytes:
        changed, at = b"", 0
        while at < len(batches):
            end = at + 12 + int.from_bytes(batches[at + 8 : at + 12], "big")
            batch = bytearray(batches[at:end])
            if int.from_bytes(batch[:8], "big") == offset:
                change(batch)
            changed, at = changed + batch, end
        return changed

    return damage


def _flip(batch: bytearray) -> None:
    batch[FLIPPED_AT] ^= 1


async def _letters(world: Any) -> list[DeadLetter]:
    async with world.database.connection() as connection:
        return await list_dead_letters(connection)


async def test_a_batch_is_parked_once_and_the_next_one_takes_effect(  # noqa: PLR0917 - fixtures
    world: Any,
    running: Any,
    eventually: Any,
    arrive: Any,
    bootstrap_servers: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR, logger="waybill")
    arrive(_at(10, _flip))
    await world.produce(bootstrap_servers, "a", *range(30))
    for _ in range(2):
        async with running(world.consumer(bootstrap_servers)):
            await eventually(lambda: _has_seen(world, 20))
    assert await world.seen() == [("a", number) for number in (*range(10), *range(20, 30))]
    [letter] = await _letters(world)
    assert (letter.type, letter.state, offsets_of(letter.record)) == (BATCH_TYPE, "dead", (10, 19))
    assert "offsets 10 to 19 cannot be read: its checksum is wrong" in (letter.error or "")
    assert letter.record.value is not None
    assert len(letter.record.value) == int(dict(letter.record.headers)["bytes"])
    logged = [each for each in caplog.messages if str(letter.event_id) in each]
    assert len(logged) == 1
    assert "`waybill dead-letters show`" in logged[0]


async def test_the_events_of_a_parked_batch_take_effect_when_they_are_published_again(
    world: Any, running: Any, eventually: Any, arrive: Any, bootstrap_servers: str
) -> None:
    arrive(_at(0, _flip))
    await world.send("a", 1, 2)
    async with running(world.relay(bootstrap_servers), world.consumer(bootstrap_servers)):
        await eventually(lambda: _has_parked(world))
        [letter] = await _letters(world)
        await world.send("a", 3)
        await eventually(lambda: _has_seen(world, 1))
        async with world.database.connection() as connection:
            partition = Partition(letter.record.topic, letter.record.partition)
            wrong = await clear_batch(connection, partition, 77, 99, letter.parked_at)
            since = await connection.fetchval("SELECT min(published_at) FROM outbox")
            old = await clear_batch(connection, partition, *offsets_of(letter.record), since)
            sent = await connection.fetchval("SELECT now() - interval '1 day'")
            count = await clear_batch(connection, partition, *offsets_of(letter.record), sent)
        assert (wrong, old, count) == (0, 0, 2)
        await eventually(lambda: _has_seen(world, 3))
    assert await world.seen() == [("a", 3), ("a", 1), ("a", 2)]


async def test_of_a_large_batch_the_first_bytes_are_kept(
    world: Any, running: Any, eventually: Any, arrive: Any, bootstrap_servers: str
) -> None:
    arrive(lambda batches: batches[:8] + b"\0\x2f\xff\xff" + batches[12:].ljust(0x2FFFFF))
    await world.produce(bootstrap_servers, "a", 1)
    async with running(world.consumer(bootstrap_servers)):
        await eventually(lambda: _has_parked(world))
    [letter] = await _letters(world)
    assert letter.record.value is not None
    assert len(letter.record.value) == KEPT_BYTES_MAX
    assert dict(letter.record.headers)["bytes"] == b"3145739"


async def test_an_unexpected_error_of_the_consumer_does_not_end_it(
    world: Any, running: Any, eventually: Any, arrive: Any, bootstrap_servers: str
) -> None:
    failures = 3

    def fail(batches: bytes) -> bytes:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise KeyError("a defect")
        return batches

    arrive(fail)
    await world.produce(bootstrap_servers, "a", 1)
    async with running(world.consumer(bootstrap_servers)):
        await eventually(lambda: _has_seen(world, 1))


async def _has_seen(world: Any, count: int) -> bool:
    return bool(await world.value("SELECT count(*) >= $1 FROM seen", count))


async def _has_parked(world: Any) -> bool:
    return bool(await world.value("SELECT count(*) > 0 FROM dead_letters"))
