"""The part of aiokafka's consumer that the runtime uses, on the simulated broker."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from aiokafka import ConsumerRebalanceListener, TopicPartition  # type: ignore[import-untyped]
from aiokafka.errors import (  # type: ignore[import-untyped]
    CommitFailedError,
    KafkaConnectionError,
)

from waybill.kafka.link import CommittedOffset
from waybill_simulation.kafka.assignment import Assignment
from waybill_simulation.kafka.broker import Broker, Record
from waybill_simulation.kafka.groups import Group
from waybill_simulation.network import here, resolve

HEARTBEAT_SECONDS: Final = 2.0
RECONNECT_SECONDS: Final = 0.3


class _Client:
    """The connections of a consumer: one, to the only node."""

    def __init__(self) -> None:
        self._conns: dict[int, int] = {}

    def came_from(self, era: int) -> None:
        """Record the connection that delivered a batch; there is one in each era of the broker."""
        self._conns = {0: era}

    async def close(self) -> None:
        """Do nothing."""


class SimulatedConsumer:
    """Reconnects by itself and keeps its positions, as aiokafka does."""

    def __init__(self, broker: Broker, group: str) -> None:
        self._broker = broker
        self._network = broker.network
        self._group_name = group
        self.machine = here()
        self.topics: list[str] = []
        self.number = self._network.questions
        self._listener: ConsumerRebalanceListener | None = None
        self._assignment = Assignment()
        self._rejoin = asyncio.Event()
        self._is_stopped = False
        self._is_removed = False
        self._keeping: asyncio.Task[None] | None = None
        self._wake: asyncio.Future[None] | None = None
        self._client = _Client()
        self.machine.on_death.append(self._died)
        broker.consumers.append(self)

    @property
    def _group(self) -> Group:
        return self._broker.group(self._group_name)

    def subscribe(self, topics: Sequence[str], listener: ConsumerRebalanceListener) -> None:
        changed = bool(self.topics) and self.topics != list(topics)
        self.topics, self._listener = list(topics), listener
        if changed:
            self.request_rejoin()

    async def start(self) -> None:
        if not self._broker.is_up:
            raise KafkaConnectionError("the broker is unavailable")
        await self._join()
        self._keeping = asyncio.get_running_loop().create_task(self._keep_membership())

    def request_rejoin(self) -> None:
        self._group.watch(self)
        self._rejoin.set()
        self._stir()

    def rewind(self, records: int) -> None:
        """Move the positions back, as after a broker has lost the latest commits."""
        self._assignment.rewind(records)
        self._stir()

    async def getmany(
        self, *, timeout_ms: int, max_records: int
    ) -> Mapping[TopicPartition, Sequence[Record]]:
        loop = self._network.loop
        until = loop.time() + timeout_ms / 1000
        most = min(max_records, self._network.random.choice((1, 2, 3, 500)))
        while True:
            found = self._assignment.fetch(self._broker, most) if self._broker.is_up else {}
            if found:
                self._client.came_from(self._broker.era)
                await self._network.sleep(self._network.question())
                self._log(found)
                return found
            if loop.time() >= until or self._network.is_over:
                return {}
            self._wake = loop.create_future()
            self._broker.waiting.append(self._stir)
            timer = loop.call_at(until, resolve, self._wake, None)
            await self._wake
            timer.cancel()
            await self._network.sleep(self._network.hop())

    def pause(self, *partitions: TopicPartition) -> None:
        self._assignment.paused |= set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self._assignment.paused -= set(partitions)

    def paused(self) -> set[TopicPartition]:
        return self._assignment.paused

    def assignment(self) -> set[TopicPartition]:
        return set(self._assignment.partitions)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._assignment.seek(partition, offset)

    async def commit(self, offsets: Mapping[TopicPartition, tuple[int, str]]) -> None:
        await self._network.sleep(self._network.question())
        if not self._broker.is_up:
            raise KafkaConnectionError("the broker is unavailable")
        kept = {partition: CommittedOffset(*each) for partition, each in offsets.items()}
        if not self._group.commit(self, kept, is_removed=self._is_removed):
            raise CommitFailedError("this member was removed from its group")
        await self._network.sleep(self._network.hop())

    async def stop(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
        if not self._is_stopped:
            self._is_stopped = True
            await self._network.sleep(self._network.hop())
            self._group.leave(self)

    def _log(self, found: Mapping[TopicPartition, Sequence[Record]]) -> None:
        for partition, records in found.items():
            text = f"{partition.topic}: from {records[0].offset}, {len(records)} events"
            self._network.say("broker", self.machine.name, text)

    async def _keep_membership(self) -> None:
        while True:
            await self._rejoin.wait()
            await self._network.sleep(self._network.random.random() * HEARTBEAT_SECONDS)
            self._is_removed = self not in self._group.members
            if self._listener is not None:
                await self._listener.on_partitions_revoked(list(self._assignment.partitions))
            self._assignment.partitions = []
            await self._join()

    async def _join(self) -> None:
        while True:
            while not self._broker.is_up:
                await self._network.sleep(RECONNECT_SECONDS)
            await self._network.sleep(self._network.question())
            self._rejoin.clear()
            group, self._is_removed = self._group, False
            future = group.join(self)
            rejoin = asyncio.ensure_future(self._rejoin.wait())
            await asyncio.wait((future, rejoin), return_when=asyncio.FIRST_COMPLETED)
            rejoin.cancel()
            if future.done():
                break
            future.cancel()  # the broker has restarted
        self._assignment.replace(future.result(), group.offsets)
        if self._listener is not None:
            await self._listener.on_partitions_assigned(list(self._assignment.partitions))
        self._stir()

    def _stir(self) -> None:
        if self._wake is not None:
            resolve(self._wake, None)

    def stopped(self) -> None:
        """Let the group time out the heartbeats of a stopped process."""
        self._group.watch(self)

    def _died(self) -> None:
        self._group.watch(self)
