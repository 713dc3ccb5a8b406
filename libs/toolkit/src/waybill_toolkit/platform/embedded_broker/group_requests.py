"""Requests of consumer groups: membership and committed offsets."""

from collections import defaultdict
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.embedded_broker.error_codes import (
    INVALID_SESSION_TIMEOUT,
    NO_OFFSET,
    NOT_THROTTLED,
    STORAGE_ERROR,
    Answer,
    Request,
)
from waybill_toolkit.platform.embedded_broker.groups import Group, Joined, Times
from waybill_toolkit.platform.embedded_broker.offsets import Offsets

SESSION_SECONDS_MIN: Final = 1.0
SESSION_SECONDS_MAX: Final = 300.0
"""Limits as Kafka has them (group.max.session.timeout.ms), for a rebalance too: a member that is
gone blocks its group for no longer. Kafka's minimum is 6 s; the platform's services use 3 s."""


class GroupRequests:
    """The consumer groups of the broker."""

    def __init__(self, offsets: Path) -> None:
        self._offsets = Offsets(offsets)
        self._groups: defaultdict[str, Group] = defaultdict(Group)

    async def join_group(self, request: Request) -> Answer:
        """Add a member to its group, which starts a rebalance."""
        session = request.session_timeout / 1000
        # Version 0 has no other timeout.
        rebalance_ms = getattr(request, "rebalance_timeout", request.session_timeout)
        rebalance = min(rebalance_ms / 1000, SESSION_SECONDS_MAX)
        if SESSION_SECONDS_MIN <= session <= SESSION_SECONDS_MAX:
            its, protocols = self._groups[request.group], dict(request.group_protocols)
            joined = await its.join(request.member_id, Times(session, rebalance), protocols)
        else:
            joined = Joined(INVALID_SESSION_TIMEOUT)
        return NOT_THROTTLED, *joined[:-1], list(joined.members)

    async def sync_group(self, request: Request) -> Answer:
        """Return the assignment that the group's leader has decided."""
        its = self._groups[request.group]
        assignments = dict(request.group_assignment)
        synced = await its.sync(request.member_id, request.generation_id, assignments)
        return NOT_THROTTLED, *synced

    async def heartbeat(self, request: Request) -> Answer:
        """Extend the session of a member."""
        its = self._groups[request.group]
        return NOT_THROTTLED, its.heartbeat(request.member_id, request.generation_id)

    async def leave_group(self, request: Request) -> Answer:
        """Remove a member from its group."""
        return NOT_THROTTLED, self._groups[request.group].leave(request.member_id)

    async def offset_commit(self, request: Request) -> Answer:
        """Commit the offsets of a group."""
        its = self._groups[request.consumer_group]
        generation = request.consumer_group_generation_id
        refusal = its.refusal_of_commit(request.consumer_id, generation)
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
        offsets = self._offsets.of(request.consumer_group)
        nothing = NO_OFFSET, ""
        topics = [
            (topic, [(number, *offsets.get((topic, number), nothing), 0) for number in partitions])
            for topic, partitions in request.topics or ()
        ]
        return NOT_THROTTLED, topics, 0
