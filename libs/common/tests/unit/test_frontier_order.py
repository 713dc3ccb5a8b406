"""Events of a key are published in the order of their commits, whatever comes first.

A model of all that takes part: transactions that lock a key, take a position, and end; a database
that is read as of one moment; events that arrive late, out of order, or only as a wake-up; and the
relay's use of its frontier. Each seed is another order of steps.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from typing_extensions import override

from waybill.ids import uuid7
from waybill.postgres.outbox import PendingEvent, SentEvent
from waybill.sending.frontier import Frontier, Suspects

SEEDS = 2_000
STEPS = 200
KEYS = "ab"
_EVENTS = {
    key: PendingEvent(uuid7(), "t", key, "e", "s", datetime(2026, 11, 22, tzinfo=UTC), "", b"{}")
    for key in KEYS
}


@dataclass(eq=False)
class Running:
    """A transaction that has locked a key."""

    key: str
    position: int = 0


@dataclass
class Model:
    """One history, and who breaks the order in it."""

    seed: int
    frontier: Frontier
    waits_for_the_dead: bool = True
    running: list[Running] = field(default_factory=list)
    committed: dict[int, str] = field(default_factory=dict)
    on_the_way: list[SentEvent | None] = field(default_factory=list)
    """Events that arrive in memory sooner or later; None is a wake-up."""
    queued: list[SentEvent] = field(default_factory=list)
    is_incomplete: bool = True
    reading: tuple[list[int], list[int], bool] | None = None
    published: list[int] = field(default_factory=list)
    inquiry: tuple[Suspects, list[Running]] | None = None
    dead: Suspects | None = None
    reads: int = 0
    from_memory: int = 0
    _last: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 (repeatable is what it has to be)

    def run(self) -> list[str]:
        """Take steps; return in which events the order is broken."""
        relay = [self._relay, self._ask]
        steps = [self._begin, self._take, self._end, self._arrive, self._arrive, *relay, *relay]
        for _ in range(STEPS):
            self._random.choice(steps)()
        return self._violations()

    def _begin(self) -> None:
        free = [key for key in KEYS if all(each.key != key for each in self.running)]
        if free:
            self.running.append(Running(self._random.choice(free)))

    def _take(self) -> None:
        waiting = [each for each in self.running if not each.position]
        if waiting:
            self._last += 1
            self._random.choice(waiting).position = self._last

    def _end(self) -> None:
        ready = [each for each in self.running if each.position]
        if not ready:
            return
        ended = self._random.choice(ready)
        self.running.remove(ended)
        if self._random.random() < 0.9:  # else it is rolled back
            self.committed[ended.position] = ended.key
            event = SentEvent(ended.position, _EVENTS[ended.key])
            self.on_the_way.append(event if self._random.random() < 0.85 else None)

    def _arrive(self) -> None:
        if self.on_the_way:
            arrived = self.on_the_way.pop(self._random.randrange(len(self.on_the_way)))
            if arrived is None:
                self.is_incomplete = True
            else:
                self.queued.append(arrived)

    def _relay(self) -> None:
        if self.reading is not None:
            self._publish_what_was_read(*self.reading)
            return
        queued, self.queued = sorted(self.queued), []
        admitted = None if self.is_incomplete else self.frontier.admit(queued)
        if admitted is not None:
            self.published += [each.position for each in admitted]
            self.from_memory += len(admitted)
            return
        self.is_incomplete = False
        self.reads += 1
        rows = sorted(self.committed.keys() - set(self.published))
        self.reading = ([each.position for each in queued], rows, self.dead is not None)

    def _publish_what_was_read(self, known: list[int], rows: list[int], buries: bool) -> None:  # noqa: FBT001 (of a tuple)
        self.reading = None
        self.published += rows
        self.frontier.caught_up([*known, *rows])
        if buries and self.dead is not None:
            self.frontier.bury(self.dead)
            self.dead = None

    def _ask(self) -> None:
        if self.reading is not None or not self.frontier.has_holes:
            return
        if self.inquiry is None:
            self.inquiry = (self.frontier.suspects(), list(self.running))
            return
        suspects, running = self.inquiry
        if not self.waits_for_the_dead or not any(each in self.running for each in running):
            self.dead, self.inquiry, self.is_incomplete = suspects, None, True

    def _violations(self) -> list[str]:
        last: dict[str, int] = {}
        broken: list[str] = []
        for position in dict.fromkeys(self.published):
            key = self.committed[position]
            if position < last.get(key, 0):
                broken.append(f"{position} of {key} came after {last[key]}")
            last[key] = max(position, last.get(key, 0))
        twice = [each for each in self.committed if self.published.count(each) > 1]
        return broken + [f"{each} was published twice" for each in twice]


class AcrossGaps(Frontier):
    """Takes a position that it knows nothing of for somebody else's matter."""

    @override
    def admit(self, events: list[SentEvent]) -> list[SentEvent] | None:  # type: ignore[override]  # a narrower argument is enough here
        self._unknown_below = 0
        self._next = max(self._next, *(each.position for each in events)) if events else self._next
        return super().admit(events)


class ForgetsHoles(Frontier):
    """Takes all that is below what was read in the outbox for published."""

    @override
    def caught_up(self, positions: object) -> None:
        super().caught_up(positions)  # type: ignore[arg-type]
        self._holes.clear()


def test_order_is_kept_and_memory_is_used() -> None:
    models = [Model(seed, Frontier()) for seed in range(SEEDS)]
    assert [(model.seed, broken) for model in models if (broken := model.run())] == []
    published = sum(len(model.published) for model in models)
    assert sum(model.from_memory for model in models) > published / 10


@pytest.mark.parametrize("broken", [AcrossGaps, ForgetsHoles])
def test_order_is_broken_by_a_frontier_that_is_wrong(broken: type[Frontier]) -> None:
    assert any(Model(seed, broken()).run() for seed in range(SEEDS))


def test_order_is_broken_when_holes_are_buried_alive() -> None:
    assert any(Model(seed, Frontier(), waits_for_the_dead=False).run() for seed in range(SEEDS))
