"""Partitions of several leaders are fetched at once, and a slow leader delays no other one."""

import asyncio
from uuid import UUID

import pytest
from typing_extensions import override

from waybill.kafka.errors import BrokerUnavailableError
from waybill.kafka.fetcher import Chunks, Fetcher
from waybill.kafka.link import BrokerLink
from waybill.kafka.nodes import Nodes
from waybill.kafka.partitions import ByTopic, Chunk, Partition, TopicState

STATES = {"topic": TopicState(UUID(int=1), leaders=(0, 1))}
FIRST, SECOND = Partition("topic", 0), Partition("topic", 1)


class TwoLeaders(BrokerLink):
    """Two nodes that respond when the test says so."""

    def __init__(self) -> None:
        super().__init__(Nodes({}))
        self.asked: list[tuple[int, ByTopic[int]]] = []
        self.answers = [asyncio.Queue[Chunks]() for _ in range(2)]

    @override
    async def fetch(self, node: int, offsets: ByTopic[int], *_: object) -> Chunks:
        self.asked.append((node, offsets))
        answer = await self.answers[node].get()
        if not answer:
            raise BrokerUnavailableError("the link is broken")
        return answer


async def _fetch(fetcher: Fetcher) -> Chunks:
    async with asyncio.timeout(5):
        return await fetcher.fetch({FIRST: 4, SECOND: 7}, STATES, wait_ms=200, records_max=500)


async def test_a_slow_leader_delays_no_other_one_and_is_asked_once() -> None:
    link = TwoLeaders()
    fetcher = Fetcher(link)
    fast: Chunks = {FIRST: Chunk(4, 5, [])}
    slow: Chunks = {SECOND: Chunk(7, 8, [])}
    link.answers[0].put_nowait(fast)
    assert await _fetch(fetcher) == fast
    link.answers[0].put_nowait(fast)
    assert await _fetch(fetcher) == fast
    link.answers[1].put_nowait(slow)
    assert await _fetch(fetcher) == slow
    assert [node for node, _ in link.asked] == [0, 1, 0, 0]
    await fetcher.close()


async def test_an_error_of_one_leader_is_raised() -> None:
    link = TwoLeaders()
    fetcher = Fetcher(link)
    link.answers[1].put_nowait({})
    with pytest.raises(BrokerUnavailableError):
        await _fetch(fetcher)
    await fetcher.close()
