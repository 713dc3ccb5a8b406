"""A topic that was just created, as Kafka has it: first unknown, then without leaders."""

import time
from pathlib import Path

import pytest

from waybill_toolkit.platform.embedded_broker.topics import (
    LED_AFTER_SECONDS,
    LISTED_AFTER_SECONDS,
    Topics,
)


class Clock:
    """A clock that the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


def test_a_new_topic_is_unknown_then_without_leaders_then_usable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    topics = Topics(tmp_path)
    assert topics.create("fruit", 1, {}) == 0
    assert topics.find("fruit") is None
    assert topics.names() == []
    clock.now += LISTED_AFTER_SECONDS * 1.1
    assert topics.find("fruit") is not None
    assert topics.names() == ["fruit"]
    assert topics.is_without_leader("fruit")
    clock.now += LED_AFTER_SECONDS
    assert not topics.is_without_leader("fruit")


def test_a_topic_of_an_earlier_process_is_usable_at_once(tmp_path: Path) -> None:
    assert Topics(tmp_path).create("fruit", 1, {}) == 0
    kept = Topics(tmp_path)
    assert kept.find("fruit") is not None
    assert not kept.is_without_leader("fruit")
