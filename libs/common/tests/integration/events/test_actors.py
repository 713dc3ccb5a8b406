"""The actor travels from a transaction over a real broker to the events that it causes."""

from typing import Any

import pytest

from waybill.events import Message


@pytest.mark.parametrize("is_read", [False, True], ids=["from memory", "from the outbox"])
async def test_an_event_arrives_with_its_actor_or_without_one(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str, *, is_read: bool
) -> None:
    relay = world.relay(bootstrap_servers)
    if not is_read:
        world.database.on_sent = relay.publish

    async def have_arrived() -> bool:
        return len(await world.seen()) == len(actors) + 1

    actors = ["user:1", "service:shop", "system", "anybody", None]
    async with running(relay, world.consumer(bootstrap_servers)):
        await world.send("a", 0)
        for number, actor in enumerate(actors, start=1):
            async with world.database.transaction() as tx:
                tx.actor = actor
                tx.send(world.noted, world.noted.model(account="a", number=number))
        await eventually(have_arrived)

    assert world.event_handlers.actors[-len(actors) :] == actors


async def test_each_event_of_a_batch_passes_its_own_actor_on(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    world.event_handlers.reply = Message("test.replied.v1", "replies", "account", world.noted.model)
    actors = {"a": "user:1", "b": "service:shop", "c": None}
    async with world.database.transaction() as tx:
        for account, actor in actors.items():
            tx.actor = actor
            tx.send(world.noted, world.noted.model(account=account, number=1))

    async def are_answered() -> bool:
        return bool(await world.value("SELECT count(*) = 3 FROM outbox WHERE topic = 'replies'"))

    async with running(world.relay(bootstrap_servers), world.consumer(bootstrap_servers)):
        await eventually(are_answered)

    async with world.database.connection() as connection:
        rows = await connection.fetch("SELECT key, actor FROM outbox WHERE topic = 'replies'")
    assert {row["key"]: row["actor"] for row in rows} == actors
