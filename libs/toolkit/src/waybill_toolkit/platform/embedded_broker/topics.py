"""The topics of the broker: found, created and set aside.

A new topic cannot be used at once. Kafka answers CreateTopics before every node knows the topic and
before its partitions have leaders; this broker takes as long, so that clients are tested with that.
"""

import re
import time
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Final
from uuid import UUID

from waybill_toolkit.platform.embedded_broker.error_codes import (
    INVALID_CONFIG,
    INVALID_PARTITIONS,
    INVALID_TOPIC,
    STORAGE_ERROR,
    TOPIC_ALREADY_EXISTS,
)
from waybill_toolkit.platform.embedded_broker.logs import (
    Log,
    Topic,
    kept_topics,
    make_topic,
    set_aside,
)
from waybill_toolkit.platform.embedded_broker.segments import DamagedFileError

_RETENTION_MS: Final = "604800000"
"""Kafka's default, a week."""
LISTED_AFTER_SECONDS: Final = 0.05
LED_AFTER_SECONDS: Final = 0.1
"""Measured with Kafka 4.4: listed after up to 0.1 s, with leaders after 0.04 to 0.25 s."""
_NAME: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}")
"""Kafka's rules for topic names; the name is also that of a folder."""


class Topics:
    """The topics in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._topics = kept_topics(folder)
        self._created_at: dict[str, float] = {}

    def names(self) -> list[str]:
        return sorted(filter(self.find, self._topics))

    def exists(self, name: str) -> bool:
        """Whether it was created, listed or not."""
        return name in self._topics

    def find(self, name: str | None) -> Topic | None:
        name = name or ""
        return None if self._is_younger(name, LISTED_AFTER_SECONDS) else self._topics.get(name)

    def name_of(self, topic_id: UUID) -> str | None:
        return next((name for name, each in self._topics.items() if each.id == topic_id), None)

    def log(self, topic: str, number: int) -> Log | None:
        """Return the log of a partition."""
        found = self._topics.get(topic)
        return found.logs[number] if found and 0 <= number < len(found.logs) else None

    def is_without_leader(self, topic: str) -> bool:
        """Whether a topic is so new that its partitions have no leader yet."""
        return self._is_younger(topic, LED_AFTER_SECONDS)

    def _is_younger(self, topic: str, seconds: float) -> bool:
        created_at = self._created_at.get(topic)
        if created_at is None:
            return False
        age = time.monotonic() - created_at
        if age >= LED_AFTER_SECONDS:
            del self._created_at[topic]
        return age < seconds

    def create(self, name: str, partitions: int, settings: Mapping[str, str]) -> int:
        """Create a topic; returns an error code or 0."""
        if name in self._topics:
            return TOPIC_ALREADY_EXISTS
        if not _NAME.fullmatch(name):
            return INVALID_TOPIC
        if partitions < 1:
            return INVALID_PARTITIONS
        retention_ms = settings.get("retention.ms", _RETENTION_MS)
        try:
            retention_seconds = int(retention_ms) / 1000 if retention_ms != "-1" else inf
            self._topics[name] = make_topic(self._folder, name, partitions, retention_seconds)
        except ValueError:
            return INVALID_CONFIG
        except OSError:
            return STORAGE_ERROR
        self._created_at[name] = time.monotonic()
        return 0

    def set_aside(self, topic: str, error: DamagedFileError) -> None:
        """Set a damaged topic aside. The process must end then: see `__main__`. Raises OSError."""
        set_aside(self._folder, topic, error)
        del self._topics[topic]
