"""Consumer groups: members, assigned partitions and committed offsets.

A member that does not rejoin before the rebalance timeout, because its process is dead or stopped,
is removed. Until it polls again it still considers its partitions as its own and may process them.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from waybill.kafka.partitions import CommittedOffset, Partition
from waybill_simulation.network import Machine, Network

SESSION_SECONDS: Final = 6.0
REBALANCE_SECONDS: Final = 10.0


class Member(Protocol):
    """A consumer, as seen by its group."""

    machine: Machine
    topics: list[str]
    number: int

    def request_rejoin(self) -> None:
        """Have the member revoke its partitions and join again."""


@dataclass(eq=False)
class Group:
    """The coordinator's view of one group."""

    network: Network
    count: Callable[[str], int]
    members: list[Member] = field(default_factory=list)
    offsets: dict[Partition, CommittedOffset] = field(default_factory=dict)
    generation: int = 0
    _joined: dict[Member, "asyncio.Future[list[Partition]]"] = field(default_factory=dict)
    _rebalances: int = 0
    _is_open: bool = False

    def join(self, member: Member) -> "asyncio.Future[list[Partition]]":
        """Join the next generation. The result is the partitions assigned to this member."""
        if member not in self.members:
            self.members.append(member)
        future: asyncio.Future[list[Partition]] = self.network.loop.create_future()
        self._joined[member] = future
        if not self._is_open:
            self._rebalance()
        self._complete_when_all_joined()
        return future

    def leave(self, member: Member) -> None:
        """Remove a member; its partitions are assigned to the others."""
        if member in self.members:
            self.members.remove(member)
            self._joined.pop(member, None)
            if self.members and not self._is_open:
                self._rebalance()
            self._complete_when_all_joined()

    def lose_members(self) -> None:
        """Remove all members; they join again."""
        lost, self.members = self.members, []
        self._joined.clear()
        self._is_open = False
        for member in lost:
            member.request_rejoin()

    def rewind(self, records: int) -> None:
        """Move the committed offsets back, as when a broker has lost the latest commits."""
        self.offsets = {
            each: CommittedOffset(max(0, offset - records), metadata)
            for each, (offset, metadata) in self.offsets.items()
        }
        if not self._is_open:
            self._rebalance()

    def watch(self, member: Member) -> None:
        """Remove a member whose process is still dead or stopped at the session timeout."""

        def check() -> None:
            if member.machine.is_dead or member.machine.is_stopped:
                self.leave(member)

        self.network.deliver(SESSION_SECONDS, check)

    def commit(
        self, member: Member, offsets: Mapping[Partition, CommittedOffset], *, is_removed: bool
    ) -> bool:
        """Store offsets; return False when the consumer is no longer a member.

        A client that knows that it `is_removed` may commit to a group without members: Kafka treats
        it as one with manual assignment.
        """
        if member not in self.members and not (is_removed and not self.members):
            return False
        self.offsets.update(offsets)
        return True

    def _rebalance(self) -> None:
        self._is_open = True
        self._rebalances += 1
        for member in list(self.members):
            if member not in self._joined:
                member.request_rejoin()
        self.network.deliver(REBALANCE_SECONDS, self._time_out, self._rebalances)

    def _time_out(self, number: int) -> None:
        if self._is_open and number == self._rebalances:
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

    def _shares(self, members: list[Member]) -> dict[Member, list[Partition]]:
        ordered = sorted(members, key=lambda member: member.number)
        shares: dict[Member, list[Partition]] = {member: [] for member in ordered}
        for topic in sorted({topic for member in ordered for topic in member.topics}):
            subscribers = [member for member in ordered if topic in member.topics]
            for number in range(self.count(topic)):
                shares[subscribers[number % len(subscribers)]].append(Partition(topic, number))
        return shares
