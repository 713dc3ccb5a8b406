"""Requests about the cluster and its topics."""

import re
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Final

from waybill_toolkit.platform.embedded_broker.error_codes import (
    INVALID_CONFIG,
    INVALID_PARTITIONS,
    INVALID_TOPIC,
    NOT_THROTTLED,
    STORAGE_ERROR,
    TOPIC_ALREADY_EXISTS,
    UNKNOWN_TOPIC_ID,
    UNKNOWN_TOPIC_OR_PARTITION,
    Answer,
    Request,
)
from waybill_toolkit.platform.embedded_broker.logs import (
    Log,
    kept_topics,
    make_topic,
    set_aside,
)
from waybill_toolkit.platform.embedded_broker.metadata import Described, Node, Wanted
from waybill_toolkit.platform.embedded_broker.segments import DamagedFileError

_NODE: Final = 1
_CLUSTER: Final = "waybill"

_RETENTION_MS: Final = "604800000"
"""Kafka's default, a week."""
_NAME: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}")
"""Kafka's rules for topic names; the name is also that of a folder."""


class TopicRequests:
    """The topics of the broker, whose only node advertises `host` and `port`."""

    def __init__(self, folder: Path, host: str, port: int) -> None:
        self.node = Node(_NODE, host, port, _CLUSTER)
        self._folder = folder
        self.topics = kept_topics(folder)

    def describe(self, wanted: Sequence[Wanted] | None) -> Iterable[Described]:
        """Describe the wanted topics, or all; topics are not created automatically."""
        if wanted is None:
            wanted = [Wanted(name) for name in sorted(self.topics)]
        return map(self._described, wanted)

    async def create_topics(self, request: Request) -> Answer:
        """Create topics."""
        return (
            [
                (name, self._create(name, partitions, dict(settings)), None)
                for name, partitions, _, _, settings in request.create_topic_requests
            ],
        )

    def _described(self, wanted: Wanted) -> Described:
        name = wanted.name
        if name is None:
            found = (each for each, topic in self.topics.items() if topic.id == wanted.topic_id)
            name = next(found, None)
        topic = self.topics.get(name or "")
        if topic is not None:
            return Described(0, name, topic.id, len(topic.logs))
        if name is None:
            return Described(UNKNOWN_TOPIC_ID, None, wanted.topic_id)
        return Described(UNKNOWN_TOPIC_OR_PARTITION, name)

    def _create(self, name: str, partitions: int, settings: Mapping[str, str]) -> int:
        if name in self.topics:
            return TOPIC_ALREADY_EXISTS
        if not _NAME.fullmatch(name):
            return INVALID_TOPIC
        if partitions < 1:
            return INVALID_PARTITIONS
        retention_ms = settings.get("retention.ms", _RETENTION_MS)
        try:
            retention_seconds = int(retention_ms) / 1000 if retention_ms != "-1" else inf
            self.topics[name] = make_topic(self._folder, name, partitions, retention_seconds)
        except ValueError:
            return INVALID_CONFIG
        except OSError:
            return STORAGE_ERROR
        return 0

    async def find_coordinator(self, _: Request) -> Answer:
        """Return the only node."""
        return NOT_THROTTLED, 0, None, *self.node[:3]

    def set_aside(self, topic: str, error: DamagedFileError) -> None:
        """Set a damaged topic aside. The process must end then: see `__main__`. Raises OSError."""
        set_aside(self._folder, topic, error)
        del self.topics[topic]

    def log(self, topic: str, number: int) -> Log | None:
        """Return the log of a partition, if it exists."""
        logs = self.topics[topic].logs if topic in self.topics else []
        return logs[number] if 0 <= number < len(logs) else None
