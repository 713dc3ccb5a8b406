"""Groups of consumers: who is a member, who has which partitions, and how far the group has read.

A member that does not hear of a rebalance in time, because its process is dead or stopped, is left
out. It then still believes to have its partitions until it asks again, and may work on them.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from aiokafka import TopicPartition  # type: ignore[import-untyped]

from waybill.kafka.link import CommittedOffset
from waybill_simulation.network import Machine, Network

SESSION_SECONDS: Final = 6.0
REBALANCE_SECONDS: Final = 10.0


class Member(Protocol):
    """A consumer, as its group sees it."""

    machine: Machine
    topics: list[str]
    number: int

    def summon(self) -> None:
        """Tell the member to give back its partitions and to join again."""


@dataclass(eq=False)
class Group:
    """The coordinator's view of one group."""

    network: Network
    count: Callable[[str], int]
    members: list[Member] = field(default_factory=list)
    offsets: dict[TopicPartition, CommittedOffset] = field(default_factory=dict)
    generation: int = 0
    _joined: dict[Member, "asyncio.Future[list[TopicPartition]]"] = field(default_factory=dict)
    _round: int = 0
    _is_open: bool = False

    def join(self, member: Member) -> "asyncio.Future[list[TopicPartition]]":
        """Take part in the next generation; gives the partitions that this member gets."""
        if member not in self.members:
            self.members.append(member)
        future: asyncio.Future[list[TopicPartition]] = self.network.loop.create_future()
        self._joined[member] = future
        if not self._is_open:
            self._rebalance()
        self._complete_when_all_joined()
        return future

    def leave(self, member: Member) -> None:
        """Let a member go, or take its leave for granted; the others share its partitions."""
        if member in self.members:
            self.members.remove(member)
            self._joined.pop(member, None)
            if self.members and not self._is_open:
                self._rebalance()
            self._complete_when_all_joined()

    def lose_members(self) -> None:
        """Forget who is in the group; they find out and join again."""
        lost, self.members = self.members, []
        self._joined.clear()
        self._is_open = False
        for member in lost:
            member.summon()

    def watch(self, member: Member) -> None:
        """Leave a member out when its heartbeats do not come back in time."""

        def look() -> None:
            if member.machine.is_dead or member.machine.is_stopped:
                self.leave(member)

        self.network.deliver(SESSION_SECONDS, look)

    def commit(
        self, member: Member, offsets: Mapping[TopicPartition, CommittedOffset], *, is_out: bool
    ) -> bool:
        """Keep offsets; False when this is no member any more.

        A client that knows that it `is_out` may commit to a group without members: Kafka takes it
        for one that assigns partitions to itself.
        """
        if member not in self.members and not (is_out and not self.members):
            return False
        self.offsets.update(offsets)
        return True

    def _rebalance(self) -> None:
        self._is_open = True
        self._round += 1
        for member in list(self.members):
            if member not in self._joined:
                member.summon()
        self.network.deliver(REBALANCE_SECONDS, self._time_out, self._round)

    def _time_out(self, number: int) -> None:
        if self._is_open and number == self._round:
            self.members = [member for member in self.members if member in self._joined]
            self._complete_when_all_joined()

    def _complete_when_all_joined(self) -> None:
        if not self._is_open or not self.members or len(self._joined) < len(self.members):
            return
        self._is_open = False
        self.generation += 1
        joined, self._joined = self._joined, {}
        shares = self._shares(list(joined))
        for member, future in joined.items():
            if not future.done():
                future.set_result(shares[member])

    def _shares(self, members: list[Member]) -> dict[Member, list[TopicPartition]]:
        ordered = sorted(members, key=lambda member: member.number)
        shares: dict[Member, list[TopicPartition]] = {member: [] for member in ordered}
        for topic in sorted({topic for member in ordered for topic in member.topics}):
            takers = [member for member in ordered if topic in member.topics]
            for number in range(self.count(topic)):
                shares[takers[number % len(takers)]].append(TopicPartition(topic, number))
        return shares
