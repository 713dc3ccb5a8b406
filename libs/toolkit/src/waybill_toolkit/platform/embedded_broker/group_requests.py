"""Requests of consumer groups: membership and committed offsets."""

from collections import defaultdict
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.embedded_broker.error_codes import (
    GROUP_AUTHORIZATION_FAILED,
    INVALID_SESSION_TIMEOUT,
    NO_OFFSET,
    NOT_THROTTLED,
    STORAGE_ERROR,
    TOPIC_AUTHORIZATION_FAILED,
    Answer,
    Request,
)
from waybill_toolkit.platform.embedded_broker.groups import Group, Joined, Synced, Times
from waybill_toolkit.platform.embedded_broker.offsets import Offsets
from waybill_toolkit.platform.embedded_broker.users import User

SESSION_SECONDS_MIN: Final = 1.0
SESSION_SECONDS_MAX: Final = 300.0
"""Limits as Kafka has them (group.max.session.timeout.ms), for a rebalance too: a member that is
gone blocks its group for no longer. Kafka's minimum is 6 s; the platform's services use 3 s."""


class Groups:
    """The consumer groups of the broker, and their offsets in a file."""

    def __init__(self, offsets: Path) -> None:
        self.offsets = Offsets(offsets)
        self.members: defaultdict[str, Group] = defaultdict(Group)


class GroupRequests:
    """Joins groups and commits offsets for a user."""

    def __init__(self, groups: Groups, user: User) -> None:
        self._offsets = groups.offsets
        self._groups = groups.members
        self._user = user

    async def join_group(self, request: Request) -> Answer:
        """Add a member to its group, which starts a rebalance."""
        session = request.session_timeout / 1000
        # Version 0 has no other timeout.
        rebalance_ms = getattr(request, "rebalance_timeout", request.session_timeout)
        rebalance = min(rebalance_ms / 1000, SESSION_SECONDS_MAX)
        if self._user.is_refused("join", request.group):
            joined = Joined(GROUP_AUTHORIZATION_FAILED)
        elif SESSION_SECONDS_MIN <= session <= SESSION_SECONDS_MAX:
            its, protocols = self._groups[request.group], dict(request.group_protocols)
            instance_id = getattr(request, "group_instance_id", None)
            times = Times(session, rebalance)
            joined = await its.join(request.member_id, times, protocols, instance_id)
        else:
            joined = Joined(INVALID_SESSION_TIMEOUT)
        has_instances = hasattr(request, "group_instance_id")
        members = [
            tuple(each) if has_instances else (each.member_id, each.subscription)
            for each in joined.members
        ]
        return NOT_THROTTLED, *joined[:-1], members

    async def sync_group(self, request: Request) -> Answer:
        """Return the assignment that the group's leader has decided."""
        if self._user.is_refused("join", request.group):
            return NOT_THROTTLED, *Synced(GROUP_AUTHORIZATION_FAILED)
        its = self._groups[request.group]
        assignments = dict(request.group_assignment)
        synced = await its.sync(request.member_id, request.generation_id, assignments)
        return NOT_THROTTLED, *synced

    async def heartbeat(self, request: Request) -> Answer:
        """Extend the session of a member."""
        if self._user.is_refused("join", request.group):
            return NOT_THROTTLED, GROUP_AUTHORIZATION_FAILED
        its = self._groups[request.group]
        return NOT_THROTTLED, its.heartbeat(request.member_id, request.generation_id)

    async def leave_group(self, request: Request) -> Answer:
        """Remove a member from its group."""
        if self._user.is_refused("join", request.group):
            return NOT_THROTTLED, GROUP_AUTHORIZATION_FAILED
        return NOT_THROTTLED, self._groups[request.group].leave(request.member_id)

    async def offset_commit(self, request: Request) -> Answer:
        """Commit the offsets of a group."""
        refusal = self._refusal_of_commit(request)
        if not refusal:
            places = {
                (topic, number): (at, note)
                for topic, partitions in request.topics
                for number, at, note in partitions
            }
            try:
                self._offsets.commit(request.consumer_group, places)
            except OSError:
                refusal = STORAGE_ERROR
        topics = [
            (topic, [(number, refusal) for number, *_ in partitions])
            for topic, partitions in request.topics
        ]
        return (topics,)

    async def offset_fetch(self, request: Request) -> Answer:
        """Return the committed offsets of a group."""
        is_refused = self._user.is_refused("join", request.consumer_group)
        code = GROUP_AUTHORIZATION_FAILED if is_refused else 0
        offsets = {} if is_refused else self._offsets.of(request.consumer_group)
        nothing = NO_OFFSET, ""
        topics = [
            (
                topic,
                [(number, *offsets.get((topic, number), nothing), code) for number in partitions],
            )
            for topic, partitions in request.topics or ()
        ]
        return NOT_THROTTLED, topics, code

    def _refusal_of_commit(self, request: Request) -> int:
        if self._user.is_refused("join", request.consumer_group):
            return GROUP_AUTHORIZATION_FAILED
        if any(self._user.is_refused("read", topic) for topic, _ in request.topics):
            return TOPIC_AUTHORIZATION_FAILED
        its = self._groups[request.consumer_group]
        return its.refusal_of_commit(request.consumer_id, request.consumer_group_generation_id)
