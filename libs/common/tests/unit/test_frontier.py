"""Which events may be published without a look in the outbox."""

from datetime import UTC, datetime

import pytest

from waybill.ids import uuid7
from waybill.postgres.outbox import PendingEvent, SentEvent
from waybill.sending.frontier import HOLES_MAX, Frontier

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _sent(*positions: int) -> list[SentEvent]:
    event = PendingEvent(uuid7(), "t", "k", "e", "s", NOW, "", b"{}")
    return [SentEvent(position, event) for position in positions]


def _positions(admitted: list[SentEvent] | None) -> list[int] | None:
    return None if admitted is None else [each.position for each in admitted]


@pytest.fixture
def frontier() -> Frontier:
    """Know that all up to 4 is published or dead."""
    frontier = Frontier()
    frontier.caught_up([4])
    frontier.bury(frontier.suspects())
    return frontier


def test_nothing_is_admitted_before_the_outbox_was_read() -> None:
    assert Frontier().admit(_sent(1)) is None


def test_nothing_is_admitted_until_the_transactions_of_the_beginning_have_ended() -> None:
    frontier = Frontier()
    frontier.caught_up([4])
    suspects = frontier.suspects()
    assert frontier.admit(_sent(5)) is None
    frontier.bury(suspects)
    assert _positions(frontier.admit(_sent(5))) == [5]


def test_events_that_follow_are_admitted_once(frontier: Frontier) -> None:
    assert _positions(frontier.admit(_sent(5, 6))) == [5, 6]
    assert _positions(frontier.admit(_sent(6, 7))) == [7]


def test_event_behind_a_gap_waits_for_the_outbox(frontier: Frontier) -> None:
    assert frontier.admit(_sent(5, 7)) is None
    assert _positions(frontier.admit(_sent(5, 6))) == [5, 6]


def test_event_behind_a_hole_waits_for_the_outbox_and_that_of_the_hole_does_not(
    frontier: Frontier,
) -> None:
    """6 was taken and is not committed yet; 8 may be of the same key."""
    frontier.caught_up([5, 7])
    assert frontier.admit(_sent(8)) is None
    assert _positions(frontier.admit(_sent(6, 8))) == [6, 8]


def test_hole_is_closed_when_its_event_is_found_in_the_outbox(frontier: Frontier) -> None:
    frontier.caught_up([7])
    frontier.caught_up([5, 6])
    assert not frontier.has_holes
    assert _positions(frontier.admit(_sent(5, 6, 7, 8))) == [8]


def test_only_holes_that_were_suspected_are_buried(frontier: Frontier) -> None:
    frontier.caught_up([6])
    suspects = frontier.suspects()
    frontier.caught_up([8])
    frontier.bury(suspects)
    assert frontier.admit(_sent(9)) is None
    assert _positions(frontier.admit(_sent(7, 9))) == [7, 9]


def test_all_is_unknown_when_it_was_forgotten(frontier: Frontier) -> None:
    frontier.reset()
    assert frontier.admit(_sent(5)) is None
    frontier.caught_up([5])
    assert frontier.admit(_sent(3)) is None


def test_very_many_holes_are_not_counted_one_by_one(frontier: Frontier) -> None:
    last = 4 + 1 + HOLES_MAX + 1
    frontier.caught_up([last])
    assert frontier.admit(_sent(5)) is None
    frontier.bury(frontier.suspects())
    assert _positions(frontier.admit(_sent(5, last + 1))) == [last + 1]
