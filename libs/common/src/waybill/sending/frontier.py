"""Which positions of the outbox are accounted for, so that an event needs no look in the outbox.

A position is accounted for when its event is published, or when there will never be one because its
transaction was rolled back. An event may be published as soon as all positions below its own are
accounted for: then no event of its key is left behind. A position that is not is a hole. Whoever
took it still runs, or has committed and has not told us yet.

    published            hole      hole   next
    1  2  3  4  5  6  7   8   9 10  11     12
                          └─ comes: publish it. 12 comes: read the outbox, 8 or 11 may be there.

Why the event of a hole may be published at once, whatever other holes there are: of one key, each
transaction takes its positions after the one before it has committed (see `Transaction.finish`).
Position 8 became a hole when the outbox was read and somebody above it, 10, was there. What was
committed before 8 was taken was committed before 10 was taken, so that reading has found it.

A transaction that was rolled back leaves a hole for ever. It is known to be dead when the outbox is
read after all transactions have ended that were begun before: `suspects` are the holes of now,
`bury` is called when that has come.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from waybill.postgres.outbox import SentEvent

HOLES_MAX: Final = 10_000
"""More are not counted one by one: all that is below is then taken for unknown."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """Holes that are dead when they are not filled before some moment."""

    holes: frozenset[int]
    unknown_below: int


class Frontier:
    """How far one relay has published, and where it has left holes."""

    def __init__(self) -> None:
        self._next = 0
        self._holes: set[int] = set()
        self._unknown_below = 0

    @property
    def has_holes(self) -> bool:
        """Whether there is a position below the next one that is not accounted for."""
        return bool(self._holes) or self._unknown_below > 0

    def admit(self, events: Sequence[SentEvent]) -> list[SentEvent] | None:
        """Return those that may be published now, in this order, as they come by position.

        Those that have been published are left out. None: the outbox has to be read first. What
        is returned counts as published.
        """
        following, holes = self._next, set(self._holes)
        admitted: list[SentEvent] = []
        for event in events:
            position = event.position
            if position in holes:
                holes.remove(position)
                admitted.append(event)
            elif position < self._unknown_below or position > following:
                return None
            elif position == following:
                if holes or self._unknown_below:
                    return None
                following += 1
                admitted.append(event)
        self._next, self._holes = following, holes
        return admitted

    def caught_up(self, positions: Iterable[int]) -> None:
        """Take note that the outbox was read, and all of it published that was there.

        `positions` are those that were read, and those of committed events that were known before.
        """
        found = set(positions)
        self._holes -= found
        following = max(found, default=0) + 1
        if not found or following <= self._next:
            return
        if not self._next or following - self._next > HOLES_MAX:
            self._unknown_below = following
            self._holes.clear()
        else:
            self._holes |= set(range(self._next, following)) - found
        self._next = following

    def forget(self) -> None:
        """Know nothing: the outbox has to be read, and published to its end."""
        self._next, self._unknown_below = 0, 0
        self._holes.clear()

    def suspects(self) -> Suspects:
        """Return the holes there are."""
        return Suspects(frozenset(self._holes), self._unknown_below)

    def bury(self, suspects: Suspects) -> None:
        """Take those of the holes for dead that are still there."""
        self._holes -= suspects.holes
        if suspects.unknown_below == self._unknown_below:
            self._unknown_below = 0
