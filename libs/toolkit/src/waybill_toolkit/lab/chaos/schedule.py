"""What breaks when: drawn from a seed, before anything runs.

Kinds come like cards from a shuffled deck, so that each comes before any comes a third time; what
each hits is drawn freely. A fault lasts some seconds and the next one does not wait for its end.
Moments are those of the load: when so many orders have been begun as make so many seconds.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from typing_extensions import override

from waybill_toolkit.lab.chaos.fault_proxies import CLIENTS, Link
from waybill_toolkit.platform.plan import GATEWAY

GAP_SECONDS: Final = 2.4
"""Between the beginnings of two faults, on average: with what they last, one or two at a time, and
before the last one is got over. Some 20 s let each be got over alone."""

BACKGROUND: Final = " background"
"""After the name of a service: the process of its own in which its background parts run."""

FIRST_AFTER_SECONDS: Final = 2.0
QUIET_SECONDS: Final = 6.0
"""At the end, for the last fault."""


class Kind(StrEnum):
    KILL = "kill"
    """SIGKILL: as a crash."""
    FREEZE = "freeze"
    """SIGSTOP, later SIGCONT: alive for the system, dead for everybody who waits for it."""
    RESTART = "restart"
    """The signal that asks to stop."""
    WIPE = "wipe"
    """SIGKILL to the broker, which comes back empty: topics, events and offsets are gone."""
    CUT = "cut"
    """Nothing gets through, either way, and nobody is told."""
    DELAY = "delay"
    """Whatever is sent arrives later."""
    THROTTLE = "throttle"
    """So many bytes a second get through."""
    RESET = "reset"
    """All connections break, again and again."""
    REPUBLISH = "publish again"
    """The last events of an outbox are published again: late, and twice."""
    REORDER = "hold and reorder"
    """An outbox is held back; what gathers is published shuffled, and then again in order."""
    REBALANCE = "rebalance"
    """Another replica comes and goes, and each time the consumers share the work anew."""
    PROVIDER = "payment provider"
    """Payments are answered late, or only when asked twice."""
    DISK_FULL = "disk full"
    """PostgreSQL cannot write any more."""


@dataclass(frozen=True, slots=True)
class Fault:
    number: int
    at_seconds: float
    kind: Kind
    target: str
    seconds: float
    link: Link | None = None

    @override
    def __str__(self) -> str:
        return f"{self.kind}: {self.target}"

    def to_json(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if key != "link"}


@dataclass(frozen=True, slots=True)
class Terrain:
    """What there is to break."""

    services: Sequence[str]
    databases: Sequence[str]
    """The services that have one; they use the broker too."""
    has_small_disk: bool = False

    def links(self) -> list[Link]:
        """List who talks to whom."""
        return [
            *(Link(service, "postgres") for service in self.databases),
            *(Link(service, "broker") for service in self.databases),
            *(Link(GATEWAY, service) for service in self.services if service != GATEWAY),
            *(Link(CLIENTS, service) for service in (GATEWAY, "orders")),
        ]


def draw(
    seed: int, seconds: float, terrain: Terrain, gap_seconds: float = GAP_SECONDS
) -> list[Fault]:
    """Draw the faults of so many seconds; the same for the same arguments."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    cards = _cards(chance, terrain)
    faults: list[Fault] = []
    at = FIRST_AFTER_SECONDS
    while at < seconds - QUIET_SECONDS:
        kind, target = next(cards)
        link = target if isinstance(target, Link) else None
        lasts = _lasting(chance, kind)
        faults.append(Fault(len(faults) + 1, round(at, 2), kind, str(target), lasts, link))
        at += chance.uniform(0.5, 1.5) * gap_seconds
    return faults


def _cards(chance: random.Random, terrain: Terrain) -> Iterator[tuple[Kind, str | Link]]:
    services, databases, links = list(terrain.services), list(terrain.databases), terrain.links()
    servers = ["postgres", "broker"]
    deck: list[tuple[Kind, Sequence[str | Link]]] = [
        (Kind.KILL, services),
        (Kind.KILL, ["orders", "payments", "inventory"]),
        (Kind.KILL, servers),
        (Kind.KILL, ["host"]),
        (Kind.KILL, [f"orders{BACKGROUND}"]),
        (Kind.WIPE, ["broker"]),
        (Kind.FREEZE, services),
        (Kind.FREEZE, servers),
        (Kind.FREEZE, [f"orders{BACKGROUND}"]),
        (Kind.RESTART, services),
        (Kind.RESTART, servers),
        (Kind.CUT, links),
        (Kind.CUT, links),
        (Kind.DELAY, links),
        (Kind.THROTTLE, links),
        (Kind.RESET, links),
        (Kind.RESET, links),
        (Kind.REPUBLISH, databases),
        (Kind.REORDER, databases),
        (Kind.REBALANCE, ["orders", "payments", "inventory"]),
        (Kind.PROVIDER, ["slow", "lost answers"]),
    ]
    if terrain.has_small_disk:
        deck.append((Kind.DISK_FULL, ["postgres"]))
    while True:
        chance.shuffle(deck)
        for kind, targets in deck:
            yield kind, chance.choice(targets)


_SECONDS: Final[dict[Kind, tuple[float, float]]] = {
    Kind.KILL: (0.0, 0.0),
    Kind.WIPE: (0.0, 0.0),
    Kind.RESTART: (0.0, 0.0),
    Kind.REPUBLISH: (0.0, 0.0),
    Kind.DISK_FULL: (2.0, 4.0),
    Kind.REBALANCE: (8.0, 10.0),  # a replica takes seconds to start and to join
}


def _lasting(chance: random.Random, kind: Kind) -> float:
    least, most = _SECONDS.get(kind, (1.0, 5.0))
    return round(chance.uniform(least, most), 2)
