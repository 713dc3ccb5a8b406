"""Events on their way from the commits of this process to its relay, in memory.

Nothing depends on them: what is dropped here is found in the outbox.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from waybill.postgres.outbox import SentEvent

EVENTS_MAX: Final = 1000
BYTES_MAX: Final = 4_000_000
"""More than a relay publishes in a round or two. It is behind then, and reads the outbox."""


class Handed(NamedTuple):
    """What was handed over since the last time; not all of it when it `is_incomplete`."""

    events: list[SentEvent]
    is_incomplete: bool


class Handover:
    """A queue that gives up when it is too long."""

    def __init__(self) -> None:
        self._events: list[SentEvent] = []
        self._bytes = 0
        self._is_incomplete = False

    def add(self, events: Sequence[SentEvent]) -> None:
        """Hand over events that are committed."""
        self._events += events
        self._bytes += sum(len(each.event.payload) for each in events)
        if len(self._events) > EVENTS_MAX or self._bytes > BYTES_MAX:
            self.give_up()

    def give_up(self) -> None:
        """Drop all: there is something in the outbox that is not here."""
        self._events, self._bytes = [], 0
        self._is_incomplete = True

    def take(self) -> Handed:
        """Take what is there, by position."""
        handed = Handed(sorted(self._events), self._is_incomplete)
        self._events, self._bytes, self._is_incomplete = [], 0, False
        return handed
