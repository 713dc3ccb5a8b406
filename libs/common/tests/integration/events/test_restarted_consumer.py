"""A consumer that was killed takes its own place in the group: it does not wait for its ghost."""

import asyncio
import sys
import time
from collections.abc import Collection

import pytest

from waybill.events import Topic
from waybill.ids import uuid7
from waybill.kafka.group import GroupMember
from waybill.kafka.link import BrokerLink, create_usable
from waybill.kafka.partitions import Partition

SESSION_MS = 30_000
"""A member without an id waits for all of it, or for a rebalance timeout of 10 s."""
AT_ONCE_SECONDS = 8.0

JOINS_AND_NEVER_LEAVES = """
import asyncio, sys
from waybill.kafka.group import GroupMember

class Listener:
    async def revoked(self): pass
    async def assigned(self, partitions): pass

async def main(servers, group, topic, session_ms):
    member = GroupMember(servers, group, int(session_ms), instance_id="sample-0")
    await member.join([topic], Listener())
    print("joined", flush=True)
    await asyncio.sleep(3600)

asyncio.run(main(*sys.argv[1:]))
"""


class Assigned:
    def __init__(self) -> None:
        self.partitions: Collection[Partition] = ()

    async def revoked(self) -> None:
        self.partitions = ()

    async def assigned(self, partitions: Collection[Partition]) -> None:
        self.partitions = partitions


@pytest.fixture
async def topic(bootstrap_servers: str) -> Topic:
    made = Topic(f"test.topic-{uuid7()}.v1", partitions=2, retention_hours=24)
    link = await BrokerLink.open(bootstrap_servers)
    try:
        await create_usable(link, [made])
    finally:
        await link.close()
    return made


async def test_a_killed_static_member_gets_its_partitions_back_at_once(
    bootstrap_servers: str, topic: Topic
) -> None:
    arguments = [bootstrap_servers, "restarted", topic.name, str(SESSION_MS)]
    ghost = await asyncio.create_subprocess_exec(
        sys.executable, "-c", JOINS_AND_NEVER_LEAVES, *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert ghost.stdout is not None
    assert await ghost.stdout.readline() == b"joined\n"
    ghost.kill()
    await ghost.wait()
    listener = Assigned()
    member = GroupMember(bootstrap_servers, "restarted", SESSION_MS, instance_id="sample-0")
    began = time.monotonic()
    async with asyncio.timeout(AT_ONCE_SECONDS):
        await member.join([topic.name], listener)
    print(f"joined again after {time.monotonic() - began:.2f} s")  # noqa: T201 - a measurement
    assert listener.partitions
    await member.leave()


async def test_a_static_member_that_stops_leaves_its_partitions_to_others(
    bootstrap_servers: str, topic: Topic
) -> None:
    first = GroupMember(bootstrap_servers, "stopped", SESSION_MS, instance_id="sample-0")
    await first.join([topic.name], Assigned())
    await first.leave()
    listener = Assigned()
    second = GroupMember(bootstrap_servers, "stopped", SESSION_MS, instance_id="sample-1")
    async with asyncio.timeout(AT_ONCE_SECONDS):
        await second.join([topic.name], listener)
    assert listener.partitions
    await second.leave()
