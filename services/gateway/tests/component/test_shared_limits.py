"""Replicas of the gateway count together in a real Valkey, and go on without it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import pytest
import pytest_asyncio

from gateway.rate_limits import Policy
from gateway.resp import StoreError, connect
from gateway.shared_limits import PREFIX, RateLimitStore, SharedLimit
from waybill_toolkit.testing.eventually import eventually
from waybill_toolkit.testing.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

LOGIN: Final = Policy("login", 10, 3600)


@pytest_asyncio.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[Valkey]:
    server = Valkey(tmp_path)
    await server.start()
    yield server
    server.stop()


@asynccontextmanager
async def running(address: str) -> AsyncIterator[RateLimitStore]:
    """Run the background part of one replica."""
    store, stop = RateLimitStore(address), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(store.run(stop))
        try:
            await _until(store, is_up=True)
            yield store
        finally:
            stop.set()


async def _until(store: RateLimitStore, *, is_up: bool) -> None:
    async def look() -> bool:
        return store.is_up

    await eventually("the connection", look, lambda found: found is is_up)


async def test_two_replicas_count_one_caller_together(valkey: Valkey) -> None:
    async with running(valkey.address) as first, running(valkey.address) as second:
        replicas = [SharedLimit(LOGIN, each) for each in (first, second)]
        charges = [replicas[number % 2].charge("alice", 1) for number in range(30)]
        decisions = await asyncio.gather(*charges)
        other = await replicas[0].charge("bob", 1)

    assert sum(each.is_admitted for each in decisions) == 10
    assert LOGIN.state(decisions[-1]) == '"login";r=0;t=3600'
    assert LOGIN.state(other) == '"login";r=9;t=360'


async def test_a_time_is_kept_to_the_microsecond_and_forgotten_when_it_is_over(
    valkey: Valkey,
) -> None:
    async with running(valkey.address) as store:
        await SharedLimit(LOGIN, store).charge("alice", 1)
    connection = await connect(valkey.address)
    key = f"{PREFIX}:login:alice"
    kept, left = await connection.ask("GET", key), await connection.ask("PTTL", key)
    connection.close()

    assert isinstance(kept, bytes)
    assert len(kept) == 16
    assert kept.isdigit()
    assert isinstance(left, int)
    assert 0 < left <= 360_000


async def test_a_script_that_the_server_forgot_is_sent_again(valkey: Valkey) -> None:
    async with running(valkey.address) as store:
        limit = SharedLimit(LOGIN, store)
        await limit.charge("alice", 4)
        connection = await connect(valkey.address)
        await connection.ask("SCRIPT", "FLUSH")
        connection.close()
        decision = await limit.charge("alice", 4)

    assert LOGIN.state(decision).startswith('"login";r=2;')


async def test_each_replica_counts_by_itself_while_the_server_is_away(
    valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with running(valkey.address) as store:
        limit = SharedLimit(LOGIN, store)
        await limit.charge("alice", 10)
        valkey.stop()
        away = [(await limit.charge("alice", 1)).is_admitted for _ in range(12)]
        await _until(store, is_up=False)
        await valkey.start()
        await _until(store, is_up=True)
        back = await limit.charge("alice", 1)

    assert away == [True] * 10 + [False] * 2
    assert back.is_admitted
    [lost, again] = [each.message for each in caplog.records if "store" in each.message]
    assert "each replica counts by itself" in lost
    assert again == "rate limit store: connected again"


async def test_a_server_that_does_not_answer_holds_up_no_request(
    valkey: Valkey,
) -> None:
    async with running(valkey.address) as store:
        limit = SharedLimit(LOGIN, store)
        valkey.pause()
        decision = await limit.charge("alice", 1)

    assert decision.is_admitted
    assert not store.is_up


async def test_a_wrong_password_is_an_error(valkey: Valkey, tmp_path: Path) -> None:
    connection = await connect(valkey.address)
    with pytest.raises(StoreError, match="WRONGPASS"):
        await connection.ask("AUTH", "nobody", "wrong")
    connection.close()
    with pytest.raises(OSError, match="No such file"):
        await connect(f"unix://{tmp_path}/nothing")
