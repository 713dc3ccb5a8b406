"""The lag of a consumer, and a broker that refuses it."""

import asyncio
from typing import Any

import pytest

from waybill.kafka.errors import BrokerRefusedError
from waybill.kafka.group import GroupMember


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


async def test_the_reason_is_known_while_the_broker_refuses_the_consumer(
    world: Any,
    bootstrap_servers: str,
    running: Any,
    eventually: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await world.produce(bootstrap_servers, "a", 1)
    consumer = world.consumer(bootstrap_servers)
    refused = asyncio.Event()
    refused.set()
    check = GroupMember.check

    def refuse(member: GroupMember) -> None:
        # The embedded broker has no permissions: this is what another one answers.
        if refused.is_set():
            raise BrokerRefusedError("GroupAuthorizationFailedError")
        check(member)

    monkeypatch.setattr(GroupMember, "check", refuse)

    async def is_reported() -> bool:
        return consumer.refusal is not None

    async def is_over() -> bool:
        return consumer.refusal is None

    async with running(consumer):
        await eventually(is_reported)
        assert "GroupAuthorizationFailedError" in consumer.refusal
        refused.clear()
        await eventually(is_over)
