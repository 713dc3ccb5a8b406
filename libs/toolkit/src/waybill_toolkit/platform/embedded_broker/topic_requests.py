"""Requests about the cluster and its topics."""

import re
from collections.abc import Iterable, Mapping
from math import inf
from pathlib import Path
from typing import Final
from uuid import UUID

from waybill.kafka.protocol import NO_UUID
from waybill_toolkit.platform.embedded_broker.error_codes import (
    INVALID_CONFIG,
    INVALID_PARTITIONS,
    INVALID_TOPIC,
    NOT_THROTTLED,
    STORAGE_ERROR,
    TOPIC_ALREADY_EXISTS,
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
from waybill_toolkit.platform.embedded_broker.segments import DamagedFileError

_NODE: Final = 1
_CLUSTER: Final = "waybill"
_NO_AUTHORIZED_OPERATIONS: Final = -2_147_483_648

_RETENTION_MS: Final = "604800000"
"""Kafka's default, a week."""
_NAME: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}")
"""Kafka's rules for topic names; the name is also that of a folder."""


class TopicRequests:
    """The topics of the broker, whose only node advertises `host` and `port`."""

    def __init__(self, folder: Path, host: str, port: int) -> None:
        self._address = _NODE, host, port
        self._folder = folder
        self.topics = kept_topics(folder)

    async def metadata(self, request: Request) -> Answer:
        """Return the node and the topics; topics are not created automatically."""
        topics: list[Answer] = [
            (
                error,
                name,
                False,
                [(0, number, _NODE, [_NODE], [_NODE], []) for number in range(count)],
            )
            for error, name, _, count in self._described(request.topics)
        ]
        return NOT_THROTTLED, [(*self._address, None)], _CLUSTER, _NODE, topics

    async def metadata_with_ids(self, request: Request) -> Answer:
        """Return the same with topic ids."""
        names = None if request.topics is None else [name for _, name, _ in request.topics]
        topics: list[Answer] = [
            (
                *(error, name, topic_id, False),
                [(0, number, _NODE, 0, [_NODE], [_NODE], [], {}) for number in range(count)],
                *(_NO_AUTHORIZED_OPERATIONS, {}),
            )
            for error, name, topic_id, count in self._described(names)
        ]
        return NOT_THROTTLED, [(*self._address, None, {})], _CLUSTER, _NODE, topics, {}

    async def create_topics(self, request: Request) -> Answer:
        """Create topics."""
        return (
            [
                (name, self._create(name, partitions, dict(settings)), None)
                for name, partitions, _, _, settings in request.create_topic_requests
            ],
        )

    def _described(self, names: Iterable[str] | None) -> list[tuple[int, str, UUID, int]]:
        found = []
        for name in sorted(self.topics) if names is None else names:
            topic = self.topics.get(name)
            about = (0, name, topic.id, len(topic.logs)) if topic else None
            found.append(about or (UNKNOWN_TOPIC_OR_PARTITION, name, NO_UUID, 0))
        return found

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
        return NOT_THROTTLED, 0, None, *self._address

    def set_aside(self, topic: str, error: DamagedFileError) -> None:
        """Set a damaged topic aside. The process must end then: see `__main__`. Raises OSError."""
        set_aside(self._folder, topic, error)
        del self.topics[topic]

    def log(self, topic: str, number: int) -> Log | None:
        """Return the log of a partition, if it exists."""
        logs = self.topics[topic].logs if topic in self.topics else []
        return logs[number] if 0 <= number < len(logs) else None
