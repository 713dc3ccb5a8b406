"""A log that no longer has the offset to read at: reading continues, and the log line says why."""

import logging
from collections.abc import Iterable, Mapping
from uuid import UUID

import pytest
from typing_extensions import override

from waybill.kafka.group import GroupMember
from waybill.kafka.link import BrokerLink
from waybill.kafka.nodes import Nodes
from waybill.kafka.partitions import CommittedOffset, Partition, TopicState
from waybill.receiving.assignment import Assignment

LOG = Partition("topic", 0)
TOPIC = TopicState(UUID(int=1), leaders=(0,))


class OneLog(BrokerLink):
    """A broker whose log begins at `start`; the group has committed offset 7."""

    def __init__(self, start: int) -> None:
        super().__init__(Nodes({}))
        self._start = start

    @override
    async def committed(
        self, group: str, partitions: Iterable[Partition]
    ) -> dict[Partition, CommittedOffset]:
        return dict.fromkeys(partitions, CommittedOffset(7, str(TOPIC.topic_id)))

    @override
    async def start_offsets(
        self, partitions: Iterable[Partition], states: Mapping[str, TopicState]
    ) -> dict[Partition, int]:
        return dict.fromkeys(partitions, self._start)


@pytest.mark.parametrize(
    ("start", "level", "line"),
    [
        (12, logging.ERROR, "the broker has deleted the offsets 7 to 11, which were not processed"),
        (0, logging.WARNING, "has no offset 7"),
    ],
    ids=["deleted by retention", "lost at the end"],
)
async def test_reading_continues_at_the_start_and_missing_events_are_an_error(
    start: int, level: int, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    member = GroupMember("127.0.0.1:1", "group", 6_000)
    assignment = Assignment(OneLog(start), member, "group", {"topic": TOPIC}, lambda: None)
    await assignment.assigned([LOG])
    assert await assignment.positions() == {LOG: 7}
    await assignment.take({LOG: None})
    assert await assignment.positions() == {LOG: start}
    [found] = [each for each in caplog.records if "offset reset" in each.message]
    assert (found.levelno, line in found.message) == (level, True), found.message
