"""Consumer groups and their assignments.

    empty ──join──> joining ──all have joined, or time is up──> syncing ──leader assigns───> stable
                       ^                                           │                           │
                       └──────────── a member joins, leaves or times out ──────────────────────┘

The members assign partitions themselves: the leader gets the subscriptions of all, and decides what
each gets (https://kafka.apache.org/protocol, JoinGroup and SyncGroup).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar
from uuid import uuid4

ILLEGAL_GENERATION: Final = 22
INCONSISTENT_PROTOCOL: Final = 23
UNKNOWN_MEMBER: Final = 25
REBALANCE: Final = 27

GATHER_SECONDS: Final = 0.2
"""How long the first member of a group waits for others; a later member causes a rebalance."""

State: TypeAlias = Literal["empty", "joining", "syncing", "stable"]
T = TypeVar("T")


class MemberOf(NamedTuple):
    """A member, as the leader of its group sees it; a static one has an instance id."""

    member_id: str
    instance_id: str | None
    subscription: bytes


class Joined(NamedTuple):
    """The response to a join; only the leader gets `members`."""

    error: int
    generation: int = -1
    protocol: str = ""
    leader: str = ""
    member_id: str = ""
    members: tuple[MemberOf, ...] = ()


class Synced(NamedTuple):
    """The assignment of a member."""

    error: int
    assignment: bytes = b""


class Times(NamedTuple):
    """The session timeout and the rebalance timeout in seconds, after which a member is removed."""

    session: float
    rebalance: float


@dataclass(slots=True)
class _Member:
    times: Times
    protocols: Mapping[str, bytes]
    instance_id: str | None = None
    joining: asyncio.Future[Joined] | None = None
    syncing: asyncio.Future[Synced] | None = None
    assignment: bytes = b""
    expiry: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Group:
    """One group, in memory: members join again after a restart of the broker."""

    _state: State = "empty"
    _generation: int = 0
    _leader: str = ""
    _members: dict[str, _Member] = field(default_factory=dict)
    _deadline: asyncio.TimerHandle | None = None

    async def join(
        self,
        member_id: str,
        times: Times,
        protocols: Mapping[str, bytes],
        instance_id: str | None = None,
    ) -> Joined:
        """Add a member, for the first time or again; returns when all members have joined.

        A new member with the instance id of another one replaces it: that process has ended.
        """
        if instance_id is not None and not member_id:
            for id_, each in list(self._members.items()):
                if each.instance_id == instance_id:
                    self._remove(id_)
        if member_id and member_id not in self._members:
            return Joined(UNKNOWN_MEMBER)
        others = [set(each.protocols) for id_, each in self._members.items() if id_ != member_id]
        if not set(protocols).intersection(*others):
            return Joined(INCONSISTENT_PROTOCOL)
        is_new = not member_id
        member_id = member_id or f"member-{uuid4()}"
        member = self._members.setdefault(member_id, _Member(times, protocols, instance_id))
        member.times, member.protocols = times, protocols
        _cancel(member.expiry)
        joining: asyncio.Future[Joined] = asyncio.get_running_loop().create_future()
        member.joining = joining
        self._rebalance()
        try:
            return await joining
        except asyncio.CancelledError:
            # Its connection is closed. A new member has not learned its id, so it cannot come back.
            if is_new and member.joining is joining:
                self.leave(member_id)
            raise

    async def sync(
        self, member_id: str, generation: int, assignments: Mapping[str, bytes]
    ) -> Synced:
        """Return the assignment of a member when the leader has decided."""
        if error := self.heartbeat(member_id, generation):
            return Synced(error)
        member = self._members[member_id]
        if self._state == "stable":
            return Synced(0, member.assignment)
        syncing: asyncio.Future[Synced] = asyncio.get_running_loop().create_future()
        member.syncing = syncing
        if member_id == self._leader:
            self._state = "stable"
            for id_, each in self._members.items():
                each.assignment = assignments.get(id_, b"")
                _answer(each.syncing, Synced(0, each.assignment))
        return await syncing

    def heartbeat(self, member_id: str, generation: int) -> int:
        """Handle a heartbeat; return an error code when the member has to join again."""
        if member_id not in self._members:
            return UNKNOWN_MEMBER
        self._heard_of(member_id)
        if self._state == "joining":
            return REBALANCE
        return 0 if generation == self._generation else ILLEGAL_GENERATION

    def leave(self, member_id: str) -> int:
        """Remove a member."""
        if member_id not in self._members:
            return UNKNOWN_MEMBER
        self._remove(member_id)
        self._rebalance()
        return 0

    def refusal_of_commit(self, member_id: str, generation: int) -> int:
        """Return an error code when a member may not commit. During a rebalance it may."""
        if not self._members and generation < 0:
            return 0
        if member_id not in self._members:
            return UNKNOWN_MEMBER
        return 0 if generation == self._generation else ILLEGAL_GENERATION

    def _rebalance(self) -> None:
        if not self._members:
            self._state = "empty"
            _cancel(self._deadline)
        elif self._state != "joining":
            is_first = self._state == "empty"
            self._state = "joining"
            longest = max(each.times.rebalance for each in self._members.values())
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(GATHER_SECONDS if is_first else longest, self._begin)
            for each in self._members.values():
                _answer(each.syncing, Synced(REBALANCE))
            if is_first:
                return
        if all(each.joining for each in self._members.values()):
            self._begin()

    def _begin(self) -> None:
        """Start a generation of the members that have joined."""
        _cancel(self._deadline)
        for member_id in [id_ for id_, each in self._members.items() if not each.joining]:
            self._remove(member_id)
        if not self._members:
            self._state = "empty"
            return
        self._state = "syncing"
        self._generation += 1
        if self._leader not in self._members:
            self._leader = next(iter(self._members))
        common = set.intersection(*(set(each.protocols) for each in self._members.values()))
        protocol = next(name for name in self._members[self._leader].protocols if name in common)
        members = tuple(
            MemberOf(id_, each.instance_id, each.protocols[protocol])
            for id_, each in self._members.items()
        )
        for id_, each in self._members.items():
            for_leader = members if id_ == self._leader else ()
            joined = Joined(0, self._generation, protocol, self._leader, id_, for_leader)
            _answer(each.joining, joined)
            each.joining = None
            self._heard_of(id_)

    def _heard_of(self, member_id: str) -> None:
        member = self._members[member_id]
        _cancel(member.expiry)
        if not member.joining:
            loop = asyncio.get_running_loop()
            member.expiry = loop.call_later(member.times.session, self.leave, member_id)

    def _remove(self, member_id: str) -> None:
        member = self._members.pop(member_id)
        _cancel(member.expiry)
        _answer(member.joining, Joined(UNKNOWN_MEMBER))
        _answer(member.syncing, Synced(UNKNOWN_MEMBER))


def _answer(question: asyncio.Future[T] | None, answer: T) -> None:
    if question and not question.done():
        question.set_result(answer)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer:
        timer.cancel()
