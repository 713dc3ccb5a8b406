"""Reads the logs of several partitions over one link, from all their leaders at once."""

import asyncio
from collections.abc import Mapping
from typing import TypeAlias

from waybill.kafka.link import BrokerLink
from waybill.kafka.partitions import Chunk, Partition, TopicState, by_leader

Chunks: TypeAlias = dict[Partition, Chunk | None]
"""What was read; None where the log does not have the offset that was asked for."""


class Fetcher:
    """Fetches from partitions; at most one request is under way to each leader.

    A request may outlive the call that sent it. Its chunks are then returned by a later call, so
    the caller compares their start with the offset that it needs.
    """

    def __init__(self, link: BrokerLink) -> None:
        self._link = link
        self._pending: dict[int, asyncio.Task[Chunks]] = {}

    async def fetch(
        self,
        offsets: Mapping[Partition, int],
        states: Mapping[str, TopicState],
        *,
        wait_ms: int,
        records_max: int,
    ) -> Chunks:
        """Return what the leader that responds first has, at most `records_max` records.

        A leader responds at its first record, or after `wait_ms`. Raises BrokerError.
        """
        leaders = by_leader(offsets, states)
        if len(leaders) == 1 and not self._pending:
            [(node, wanted)] = leaders.items()
            return await self._link.fetch(node, wanted, wait_ms, records_max)
        for node, wanted in leaders.items():
            if node not in self._pending:
                request = self._link.fetch(node, wanted, wait_ms, records_max)
                # Outlives this call; `close` ends it.
                self._pending[node] = asyncio.ensure_future(request)
        await asyncio.wait(self._pending.values(), return_when=asyncio.FIRST_COMPLETED)
        chunks: Chunks = {}
        for node in [node for node, task in self._pending.items() if task.done()]:
            chunks |= self._pending.pop(node).result()
        return chunks

    async def close(self) -> None:
        """Abandon the requests under way."""
        for task in self._pending.values():
            task.cancel()
        await asyncio.gather(*self._pending.values(), return_exceptions=True)
