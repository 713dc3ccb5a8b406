"""`waybill.kafka.link.BrokerLink` for the simulated broker."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from waybill.events import Topic
from waybill.kafka.errors import BrokerError, BrokerUnavailableError
from waybill.kafka.partitions import ByTopic, Chunk, CommittedOffset, Partition, TopicState
from waybill_simulation.kafka.broker import Broker
from waybill_simulation.network import here, resolve

T = TypeVar("T")


class SimulatedLink:
    """A connection. It breaks when the broker restarts or a fault cuts it, and stays broken."""

    prefix = ""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._network = broker.network
        self._era = broker.era
        self._machine = here()
        self._is_cut = False

    @classmethod
    async def open(cls, broker: Broker) -> "SimulatedLink":
        await broker.network.sleep(broker.network.question())
        if not broker.is_up:
            raise BrokerUnavailableError("no broker answers")
        link = cls(broker)
        broker.links.append(link)
        return link

    async def close(self) -> None:
        self._is_cut = True

    def cut(self) -> None:
        """Break the connection; requests in transit may still arrive."""
        self._is_cut = True

    @property
    def is_good(self) -> bool:
        return not self._is_cut and self._era == self._broker.era and self._broker.is_up

    def check(self) -> None:
        if not self.is_good:
            raise BrokerUnavailableError("the connection to the broker has broken")

    async def prove(self) -> None:
        await self._ask(lambda: None)

    async def topics(self, names: Iterable[str]) -> dict[str, TopicState]:
        wanted = list(names)

        def look() -> dict[str, TopicState]:
            logs = self._broker.logs
            return {
                name: TopicState(logs[name].topic_id, (0,) * len(logs[name].partitions))
                for name in wanted
                if name in logs
            }

        return await self._ask(look)

    async def create(self, topics: Sequence[Topic]) -> None:
        await self._ask(lambda: self._broker.create(topics))

    async def end_offsets(
        self, partitions: Iterable[Partition], states: Mapping[str, TopicState]
    ) -> dict[Partition, int]:
        del states  # there is one node
        wanted = list(partitions)

        def look() -> dict[Partition, int]:
            logs = self._broker.logs
            return {
                each: len(logs[each.topic].partitions[each.number])
                for each in wanted
                if each.topic in logs
            }

        return await self._ask(look)

    async def start_offsets(
        self, partitions: Iterable[Partition], states: Mapping[str, TopicState]
    ) -> dict[Partition, int]:
        del states  # there is one node
        wanted = list(partitions)
        return await self._ask(lambda: dict.fromkeys(wanted, 0))

    async def fetch(
        self, node: int, offsets: ByTopic[int], wait_ms: int, records_max: int
    ) -> dict[Partition, Chunk | None]:
        del node  # there is one
        starts = {Partition(topic, number): at for topic, each in offsets for number, at in each}
        loop = self._network.loop
        until = loop.time() + wait_ms / 1000
        most = min(records_max, self._network.random.choice((1, 2, 3, 500)))
        while True:
            chunks = await self._ask(lambda: self._broker.fetch(starts, most))
            if isinstance(chunks, BrokerUnavailableError):
                raise chunks
            if chunks or loop.time() >= until or self._network.is_over:
                return chunks
            woken = loop.create_future()
            self._broker.waiting.append(partial(resolve, woken, None))
            timer = loop.call_at(until, resolve, woken, None)
            await woken
            timer.cancel()

    async def committed(
        self, group: str, partitions: Iterable[Partition]
    ) -> dict[Partition, CommittedOffset]:
        wanted = list(partitions)

        def look() -> dict[Partition, CommittedOffset]:
            kept = self._broker.group(group).offsets
            return {each: kept[each] for each in wanted if each in kept}

        return await self._ask(look)

    async def produce(
        self, batches: Mapping[Partition, bytes], states: Mapping[str, TopicState]
    ) -> dict[Partition, int | BrokerError]:
        del states  # there is one node

        def append() -> dict[Partition, int | BrokerError]:
            results: dict[Partition, int | BrokerError] = {}
            for partition, batch in batches.items():
                if partition.topic not in self._broker.logs:
                    results[partition] = BrokerUnavailableError("UnknownTopicOrPartition")
                    continue
                if self._broker.refusals:
                    self._broker.refusals -= 1
                    results[partition] = BrokerUnavailableError("NotLeaderForPartition")
                    continue
                results[partition] = at = self._broker.append(partition, batch)
                text = f"{partition.topic}: appended at {at}"
                self._network.say(self._machine.name, "broker", text)
            return results

        return await self._ask(append)

    async def _ask(self, answer: Callable[[], T]) -> T:
        """Send a request. When the link breaks, it may be executed and its response lost."""
        self.check()
        future = self._network.loop.create_future()
        self._network.deliver(self._network.question(), self._arrived, answer, future)
        result: T = await future
        return result

    def _arrived(self, answer: Callable[[], T], future: "asyncio.Future[T]") -> None:
        lost = BrokerUnavailableError("the connection broke while an answer was waited for")
        if self._era != self._broker.era or not self._broker.is_up:
            resolve(future, lost)
            return
        result = answer()
        self._network.deliver(self._network.hop(), partial(self._returned, future, result, lost))

    def _returned(self, future: "asyncio.Future[T]", result: T, lost: Exception) -> None:
        resolve(future, result if self.is_good else lost)
