"""The frontier: which positions of the outbox are accounted for, to publish without reading it.

A position is accounted for when its event is published, or when its transaction was rolled back. An
event may be published as soon as all lower positions are accounted for: then no earlier event of
its key is unpublished. A position that is not accounted for is a hole: its transaction is still
running, or has committed and the relay has not received its event yet.

    published            hole      hole   next
    1  2  3  4  5  6  7   8   9 10  11     12
                          └─ 8 arrives: publish it. 12 arrives: read the outbox, for 8 and 11.

The event of a hole may be published at once, even while there are other holes. Of one key, each
transaction gets its positions after the previous one has committed (see `Transaction.finish`).
Position 8 became a hole when the outbox was read and a higher position, 10, was found. What was
committed before 8 was assigned was committed before 10 was assigned, so that read has found it.

The hole of a transaction that was rolled back is never filled. It is dead when the outbox is read
after all transactions have ended that were running when it was found: `suspects` returns the
current holes, and `bury` removes them after such a read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from waybill.postgres.outbox import SentEvent

HOLES_MAX: Final = 10_000
"""More holes are not tracked one by one: then all lower positions count as unknown."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """Holes that are dead unless they are filled before the next read of the outbox."""

    holes: frozenset[int]
    unknown_below: int


class Frontier:
    """The next position of one relay, and the holes below it."""

    def __init__(self) -> None:
        self._next = 0
        self._holes: set[int] = set()
        self._unknown_below = 0

    @property
    def has_holes(self) -> bool:
        """Whether there is a position below the next one that is not accounted for."""
        return bool(self._holes) or self._unknown_below > 0

    def admit(self, events: Sequence[SentEvent]) -> list[SentEvent] | None:
        """Return those of the events, which are ordered by position, that may be published now.

        Events that were published are left out. None means that the outbox must be read first. The
        returned events count as published.
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
        """Record that the outbox was read and published to its end.

        `positions` are those that were read, and those of events received from memory before.
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

    def reset(self) -> None:
        """Reset: the outbox must be read, and published to its end."""
        self._next, self._unknown_below = 0, 0
        self._holes.clear()

    def suspects(self) -> Suspects:
        """Return the current holes."""
        return Suspects(frozenset(self._holes), self._unknown_below)

    def bury(self, suspects: Suspects) -> None:
        """Remove those of the suspects that are still holes."""
        self._holes -= suspects.holes
        if suspects.unknown_below == self._unknown_below:
            self._unknown_below = 0
