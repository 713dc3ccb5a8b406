"""The queue of committed events, in memory, from the transactions of this process to its relay.

It is an optimization only: events that are dropped here are read from the outbox.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from waybill.postgres.outbox import SentEvent

EVENTS_MAX: Final = 1000
BYTES_MAX: Final = 4_000_000
"""More than a relay publishes in a round or two. Beyond it the relay reads the outbox."""


class CommittedEvents(NamedTuple):
    """The events added since the last `take`; `is_incomplete` when some were dropped."""

    events: list[SentEvent]
    is_incomplete: bool


class CommitQueue:
    """A bounded queue that drops its content when it is full."""

    def __init__(self) -> None:
        self._events: list[SentEvent] = []
        self._bytes = 0
        self._is_incomplete = False

    def add(self, events: Sequence[SentEvent]) -> None:
        """Add committed events."""
        self._events += events
        self._bytes += sum(len(each.event.payload) for each in events)
        if len(self._events) > EVENTS_MAX or self._bytes > BYTES_MAX:
            self.drop()

    def drop(self) -> None:
        """Drop all events, so that the relay reads the outbox."""
        self._events, self._bytes = [], 0
        self._is_incomplete = True

    def take(self) -> CommittedEvents:
        """Take all events, in the order of their positions."""
        taken = CommittedEvents(sorted(self._events), self._is_incomplete)
        self._events, self._bytes, self._is_incomplete = [], 0, False
        return taken
