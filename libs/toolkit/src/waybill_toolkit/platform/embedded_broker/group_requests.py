"""Requests of consumer groups: membership and committed offsets."""

from collections import defaultdict
from pathlib import Path

from waybill_toolkit.platform.embedded_broker.error_codes import (
    NO_OFFSET,
    NOT_THROTTLED,
    STORAGE_ERROR,
    Answer,
    Request,
)
from waybill_toolkit.platform.embedded_broker.groups import Group, Times
from waybill_toolkit.platform.embedded_broker.offsets import Offsets


class GroupRequests:
    """The consumer groups of the broker."""

    def __init__(self, offsets: Path) -> None:
        self._offsets = Offsets(offsets)
        self._groups: defaultdict[str, Group] = defaultdict(Group)

    async def join_group(self, request: Request) -> Answer:
        """Add a member to its group, which starts a rebalance."""
        times = Times(request.session_timeout / 1000, request.rebalance_timeout / 1000)
        its = self._groups[request.group]
        joined = await its.join(request.member_id, times, dict(request.group_protocols))
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
