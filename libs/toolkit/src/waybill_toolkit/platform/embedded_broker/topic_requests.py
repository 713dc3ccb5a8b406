"""Requests about the cluster and its topics."""

from collections.abc import Iterable, Sequence

from waybill_toolkit.platform.embedded_broker.error_codes import (
    GROUP_AUTHORIZATION_FAILED,
    INVALID_REPLICATION_FACTOR,
    NOT_THROTTLED,
    TOPIC_AUTHORIZATION_FAILED,
    UNKNOWN_TOPIC_ID,
    UNKNOWN_TOPIC_OR_PARTITION,
    Answer,
    Request,
)
from waybill_toolkit.platform.embedded_broker.metadata import Described, Node, Wanted
from waybill_toolkit.platform.embedded_broker.topics import Topics
from waybill_toolkit.platform.embedded_broker.users import User


class TopicRequests:
    """Describes and creates topics for a user."""

    def __init__(self, topics: Topics, node: Node, user: User) -> None:
        self._topics = topics
        self._node = node
        self._user = user

    def describe(self, wanted: Sequence[Wanted] | None) -> Iterable[Described]:
        """Describe the wanted topics, or all; topics are not created automatically."""
        if wanted is None:
            names = self._topics.names()
            wanted = [Wanted(name) for name in names if self._user.may("describe", name)]
        return map(self._described, wanted)

    async def create_topics(self, request: Request) -> Answer:
        """Create topics."""
        return (
            [
                (name, self._created(name, partitions, replicas, settings), None)
                for name, partitions, replicas, _, settings in request.create_topic_requests
            ],
        )

    async def find_coordinator(self, request: Request) -> Answer:
        """Return the only node."""
        # Version 0 has another name for it.
        group = getattr(request, "coordinator_key", None) or request.consumer_group
        if self._user.is_refused("join", group):
            return NOT_THROTTLED, GROUP_AUTHORIZATION_FAILED, None, -1, "", -1
        return NOT_THROTTLED, 0, None, *self._node[:3]

    def _described(self, wanted: Wanted) -> Described:
        name = wanted.name
        if name is None:
            name = self._topics.name_of(wanted.topic_id)
        if name is None:
            return Described(UNKNOWN_TOPIC_ID, None, wanted.topic_id)
        if self._user.is_refused("describe", name):
            return Described(TOPIC_AUTHORIZATION_FAILED, name)
        topic = self._topics.find(name)
        if topic is None:
            return Described(UNKNOWN_TOPIC_OR_PARTITION, name)
        return Described(0, name, topic.id, len(topic.logs))

    def _created(
        self, name: str, partitions: int, replicas: int, settings: Iterable[tuple[str, str]]
    ) -> int:
        if self._user.is_refused("create", name):
            return TOPIC_AUTHORIZATION_FAILED
        if replicas > 1 and not self._topics.exists(name):
            return INVALID_REPLICATION_FACTOR  # as one node of Kafka
        return self._topics.create(name, partitions, dict(settings))
