"""Consumer groups: which member has which partitions, and how far the group has got.

    empty ──join──> joining ──all have joined, or time is up──> syncing ──the leader says──> stable
                       ^                                           │                           │
                       └──────────── a member joins, leaves or is not heard of ────────────────┘

The members decide among themselves who gets what: the leader is told what all of them want, and
says what each shall have (https://kafka.apache.org/protocol, JoinGroup and SyncGroup).
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import uuid4

ILLEGAL_GENERATION: Final = 22
INCONSISTENT_PROTOCOL: Final = 23
UNKNOWN_MEMBER: Final = 25
REBALANCE: Final = 27

GATHER_SECONDS: Final = 0.2
"""How long the first member of a group waits for others; joining anew takes all of them longer."""


class Joined(NamedTuple):
    """The answer to a member that has joined; `members` is for the leader only."""

    error: int
    generation: int = -1
    protocol: str = ""
    leader: str = ""
    member_id: str = ""
    members: tuple[tuple[str, bytes], ...] = ()


class Synced(NamedTuple):
    """What a member shall have."""

    error: int
    assignment: bytes = b""


@dataclass(slots=True)
class Member:
    """One member: what it can do, and the question of it that is not answered yet."""

    session_seconds: float
    rebalance_seconds: float
    protocols: dict[str, bytes]
    joining: asyncio.Future[Joined] | None = None
    syncing: asyncio.Future[Synced] | None = None
    assignment: bytes = b""
    expiry: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Group:
    """One group."""

    generation: int = 0
    protocol: str = ""
    leader: str = ""
    state: str = "empty"
    members: dict[str, Member] = field(default_factory=dict)
    offsets: dict[tuple[str, int], tuple[int, str]] = field(default_factory=dict)
    deadline: asyncio.TimerHandle | None = None

    async def join(
        self,
        member_id: str,
        session_seconds: float,
        rebalance_seconds: float,
        protocols: dict[str, bytes],
    ) -> Joined:
        """Take a member in, again or for the first time; answered when all have joined."""
        if member_id and member_id not in self.members:
            return Joined(UNKNOWN_MEMBER)
        others = [each for name, each in self.members.items() if name != member_id]
        if others and not set(protocols).intersection(*(each.protocols for each in others)):
            return Joined(INCONSISTENT_PROTOCOL)
        member_id = member_id or f"member-{uuid4()}"
        member = self.members.get(member_id)
        if member is None:
            member = Member(session_seconds, rebalance_seconds, protocols)
            self.members[member_id] = member
        else:
            member.session_seconds, member.rebalance_seconds = session_seconds, rebalance_seconds
            member.protocols = protocols
        member.joining = asyncio.get_running_loop().create_future()
        self._await(member)
        self._rebalance()
        return await member.joining

    async def sync(self, member_id: str, generation: int, assignments: dict[str, bytes]) -> Synced:
        """Give a member its partitions, as soon as the leader has said which."""
        if error := self.error_for(member_id, generation):
            return Synced(error)
        member = self.members[member_id]
        self._heard_of(member_id)
        if self.state == "stable":
            return Synced(0, member.assignment)
        member.syncing = asyncio.get_running_loop().create_future()
        if member_id == self.leader:
            self.state = "stable"
            for name, each in self.members.items():
                each.assignment = assignments.get(name, b"")
                _answer(each.syncing, Synced(0, each.assignment))
        return await member.syncing

    def heartbeat(self, member_id: str, generation: int) -> int:
        """Hear of a member; returns an error when it has to join again."""
        error = self.error_for(member_id, generation)
        if member_id in self.members:
            self._heard_of(member_id)
        return error

    def leave(self, member_id: str) -> int:
        """Let a member go."""
        member = self.members.pop(member_id, None)
        if member is None:
            return UNKNOWN_MEMBER
        self._forget(member)
        self._rebalance()
        return 0

    def error_for(self, member_id: str, generation: int) -> int:
        """Say why a member of this generation is not to be listened to, if so."""
        if member_id not in self.members:
            return UNKNOWN_MEMBER
        if self.state == "joining":
            return REBALANCE
        return 0 if generation == self.generation else ILLEGAL_GENERATION

    def may_commit(self, member_id: str, generation: int) -> int:
        """Say why offsets are not to be kept, if so; in a rebalance they still are."""
        if generation < 0 and not self.members:
            return 0
        if member_id not in self.members:
            return UNKNOWN_MEMBER
        return 0 if generation == self.generation else ILLEGAL_GENERATION

    def _rebalance(self) -> None:
        if not self.members:
            self._stop_waiting()
            self.state = "empty"
            return
        if self.state != "joining":
            first = self.state == "empty"
            self.state = "joining"
            for each in self.members.values():
                _answer(each.syncing, Synced(REBALANCE))
            seconds = max(each.rebalance_seconds for each in self.members.values())
            loop = asyncio.get_running_loop()
            self.deadline = loop.call_later(
                GATHER_SECONDS if first else seconds, self._all_have_joined
            )
            if first:
                return
        if all(each.joining for each in self.members.values()):
            self._all_have_joined()

    def _all_have_joined(self) -> None:
        self._stop_waiting()
        for name in [name for name, each in self.members.items() if not each.joining]:
            self._forget(self.members.pop(name))
        if not self.members:
            self.state = "empty"
            return
        self.generation += 1
        self.state = "syncing"
        if self.leader not in self.members:
            self.leader = next(iter(self.members))
        common = set.intersection(*(set(each.protocols) for each in self.members.values()))
        self.protocol = next(
            name for name in self.members[self.leader].protocols if name in common
        )
        wants = tuple((name, each.protocols[self.protocol]) for name, each in self.members.items())
        for name, each in self.members.items():
            members = wants if name == self.leader else ()
            answer = Joined(0, self.generation, self.protocol, self.leader, name, members)
            joining, each.joining = each.joining, None
            _answer(joining, answer)
            self._heard_of(name)

    def _stop_waiting(self) -> None:
        if self.deadline:
            self.deadline.cancel()
            self.deadline = None

    def _heard_of(self, member_id: str) -> None:
        member = self.members[member_id]
        self._await(member)
        if not member.joining:
            loop = asyncio.get_running_loop()
            member.expiry = loop.call_later(member.session_seconds, self.leave, member_id)

    @staticmethod
    def _await(member: Member) -> None:
        if member.expiry:
            member.expiry.cancel()
            member.expiry = None

    def _forget(self, member: Member) -> None:
        self._await(member)
        _answer(member.joining, Joined(UNKNOWN_MEMBER))
        _answer(member.syncing, Synced(UNKNOWN_MEMBER))


def _answer(question: asyncio.Future[object] | None, answer: object) -> None:
    if question and not question.done():
        question.set_result(answer)
