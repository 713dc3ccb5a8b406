"""A cluster that others use too: a prefix for names, topics that somebody else creates."""

from dataclasses import replace
from typing import Any

import pytest

from waybill.kafka.link import BrokerLink, ensure_topics
from waybill.kafka.security import PLAINTEXT
from waybill.sending.relay import Relay

STAGING = replace(PLAINTEXT, prefix="staging.", client_id="staging.test")


async def test_deployments_with_different_prefixes_do_not_see_each_other(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    other = world.consumer(bootstrap_servers)
    await world.send("a", 1, 2)

    async def is_seen() -> bool:
        return len(await world.seen()) == 2

    async with running(
        world.relay(bootstrap_servers, security=STAGING),
        world.consumer(bootstrap_servers, security=STAGING),
        other,
    ):
        await eventually(is_seen)
        assert await world.seen() == [("a", 1), ("a", 2)]
        assert other.assigned == 0
    link = await BrokerLink.open(bootstrap_servers)
    names = [world.topic.name, f"staging.{world.topic.name}"]
    assert set(await link.topics(names)) == {names[1]}
    await link.close()


async def test_lag_is_that_of_the_group_with_the_prefix(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    await world.send("a", 1, 2)
    consumer = world.consumer(bootstrap_servers, security=STAGING)

    async def is_published() -> bool:
        return not await world.unpublished()

    async def has_no_lag() -> bool:
        return bool((await consumer.lag()).records == {world.topic.name: 0})

    async with running(world.relay(bootstrap_servers, security=STAGING)):
        await eventually(is_published)
    assert (await consumer.lag()).records == {world.topic.name: 2}
    async with running(consumer):
        await eventually(has_no_lag)


@pytest.mark.parametrize("fault", ["missing", "too few partitions"])
async def test_unfit_topic_is_named_with_what_to_do_until_it_is_fit(  # noqa: PLR0917 - fixtures
    world: Any,
    running: Any,
    eventually: Any,
    bootstrap_servers: str,
    fault: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    topic = world.topic
    if fault != "missing":
        await ensure_topics(bootstrap_servers, [replace(topic, partitions=2)], STAGING)
    relay = Relay(world.url, bootstrap_servers, [topic], security=STAGING, creates_topics=False)
    expected = {
        "missing": "does not exist: create it, as `waybill topics apply` does",
        "too few partitions": "2 instead of 4: add them, as `waybill topics apply --add-",
    }[fault]

    async def is_reported() -> bool:
        return expected in (relay.refusal or "")

    async def is_fit() -> bool:
        return relay.refusal is None and not await world.unpublished()

    async with running(relay):
        await eventually(is_reported)
        assert f"topic staging.{topic.name} " in str(relay.refusal)
        if fault == "missing":
            await world.send("a", 1)
            await ensure_topics(bootstrap_servers, [topic], STAGING)
            await eventually(is_fit)
    errors = [each.message for each in caplog.records if each.levelname == "ERROR"]
    assert len(errors) == 1


async def test_follower_names_an_unfit_topic_too_until_it_is_fit(
    world: Any, running: Any, eventually: Any, bootstrap_servers: str
) -> None:
    """A rollout takes the leader away when its followers are ready."""
    leader, follower = (
        Relay(world.url, bootstrap_servers, [world.topic], creates_topics=False) for _ in range(2)
    )

    async def leads() -> bool:
        return bool(leader.is_leader)

    async def both_report() -> bool:
        return all("does not exist" in (each.refusal or "") for each in (leader, follower))

    async def both_are_fit() -> bool:
        return leader.refusal is None and follower.refusal is None

    async with running(leader):
        await eventually(leads)
        async with running(follower):
            await eventually(both_report)
            assert not follower.is_leader
            await ensure_topics(bootstrap_servers, [world.topic])
            await eventually(both_are_fit)
