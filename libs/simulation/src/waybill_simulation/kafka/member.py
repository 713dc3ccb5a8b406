"""`waybill.kafka.group.GroupMember` for the simulated broker."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from aiokafka.errors import (  # type: ignore[import-untyped]
    CommitFailedError,
    KafkaConnectionError,
)

from waybill.kafka.group import Listener
from waybill.kafka.partitions import CommittedOffset, Partition
from waybill_simulation.kafka.broker import Broker
from waybill_simulation.kafka.groups import Group
from waybill_simulation.network import here

HEARTBEAT_SECONDS: Final = 2.0
RECONNECT_SECONDS: Final = 0.3


class SimulatedMember:
    """Reconnects by itself, as aiokafka's coordinator does."""

    def __init__(self, broker: Broker, group: str) -> None:
        self._broker = broker
        self._network = broker.network
        self._group_name = group
        self.machine = here()
        self.topics: list[str] = []
        self.number = self._network.questions
        self._listener: Listener | None = None
        self._rejoin = asyncio.Event()
        self._is_stopped = False
        self._is_removed = False
        self._keeping: asyncio.Task[None] | None = None
        self.machine.on_death.append(self.watched)
        broker.members.append(self)

    @property
    def _group(self) -> Group:
        return self._broker.group(self._group_name)

    def subscribe(self, topics: Iterable[str]) -> None:
        self.topics = list(topics)
        self.request_rejoin()

    async def join(self, topics: Iterable[str], listener: Listener) -> None:
        self.topics, self._listener = list(topics), listener
        if not self._broker.is_up:
            raise KafkaConnectionError("the broker is unavailable")
        await self._join()
        self._keeping = asyncio.get_running_loop().create_task(self._keep_membership())

    def check(self) -> None:
        """Do nothing: the simulated group refuses nobody."""

    def request_rejoin(self) -> None:
        self._group.watch(self)
        self._rejoin.set()

    async def commit(self, offsets: Mapping[Partition, CommittedOffset]) -> None:
        await self._network.sleep(self._network.question())
        if not self._broker.is_up:
            raise KafkaConnectionError("the broker is unavailable")
        if not self._group.commit(self, offsets, is_removed=self._is_removed):
            raise CommitFailedError("this member was removed from its group")
        await self._network.sleep(self._network.hop())

    async def leave(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
        if not self._is_stopped:
            self._is_stopped = True
            await self._network.sleep(self._network.hop())
            self._group.leave(self)

    async def _keep_membership(self) -> None:
        while True:
            await self._rejoin.wait()
            await self._network.sleep(self._network.random.random() * HEARTBEAT_SECONDS)
            self._is_removed = self not in self._group.members
            if self._listener is not None:
                await self._listener.revoked()
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
        if self._listener is not None:
            await self._listener.assigned(future.result())

    def watched(self) -> None:
        """Let the group time out the heartbeats of a stopped or dead process."""
        self._group.watch(self)
