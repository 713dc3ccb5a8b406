"""The schedule of faults, drawn from a seed before the campaign starts.

Kinds are drawn like cards from a shuffled deck, so that each occurs before any occurs a third time.
Targets are random. A fault lasts some seconds, and the next one may start before its end. Times
refer to the progress of the load.
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
"""Average time between the starts of two faults. One or two are active at a time, and the next one
usually starts before the system has recovered. With some 20 s it recovers from each fault."""

BACKGROUND: Final = " background"
"""The suffix of a service name for its worker process."""

RECEIVERS: Final = ("inventory", "payments")
"""The services that receive commands."""

FIRST_AFTER_SECONDS: Final = 2.0
QUIET_SECONDS: Final = 6.0
"""Time at the end of the load for the last fault."""


class Kind(StrEnum):
    KILL = "kill"
    """SIGKILL, like a crash."""
    FREEZE = "freeze"
    """SIGSTOP, later SIGCONT: the process exists but does not respond."""
    RESTART = "restart"
    """SIGTERM, or SIGINT for PostgreSQL."""
    WIPE = "wipe"
    """SIGKILL to the broker, which loses its topics, events and offsets."""
    FLIP = "flip a bit"
    """A bit of the broker's newest file flips, and the broker is killed."""
    STRANGER = "stranger at the broker"
    """Clients flood the broker, and try to join a group and to write with a wrong password, without
    any, or as another service."""
    UNREADABLE = "unreadable batch"
    """A batch that its receiver cannot decode is written to a topic."""
    CUT = "cut"
    """No data passes in either direction; connections stay open."""
    DELAY = "delay"
    """Data arrives with a delay."""
    THROTTLE = "throttle"
    """The throughput is limited."""
    RESET = "reset"
    """All connections are reset repeatedly."""
    REPUBLISH = "publish again"
    """The last events of an outbox are published again."""
    REORDER = "hold and reorder"
    """Pending events of an outbox are published in random order, and then again in order."""
    REBALANCE = "rebalance"
    """Another replica joins and leaves repeatedly, with a rebalance each time."""
    PROVIDER = "payment provider"
    """The provider responds late, or loses the first response."""
    SLOW_CLIENTS = "slow clients"
    """Hundreds of clients send the heads or bodies of their requests slowly."""
    DISK_FULL = "disk full"
    """PostgreSQL's disk has no space left."""


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
class Targets:
    """The targets of faults."""

    services: Sequence[str]
    databases: Sequence[str]
    """The services with a database; they also use the broker."""
    has_small_disk: bool = False
    has_embedded_broker: bool = True
    """Only its files can be damaged: Kafka cuts a damaged log when it starts, and loses its end."""

    def links(self) -> list[Link]:
        """Return all links."""
        return [
            *(Link(service, "postgres") for service in self.databases),
            *(Link(service, "broker") for service in self.databases),
            *(Link(GATEWAY, service) for service in self.services if service != GATEWAY),
            *(Link(CLIENTS, service) for service in (GATEWAY, "orders")),
        ]


def draw(
    seed: int, seconds: float, targets: Targets, gap_seconds: float = GAP_SECONDS
) -> list[Fault]:
    """Draw the faults of a campaign; deterministic for the same arguments."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    cards = _cards(chance, targets)
    faults: list[Fault] = []
    at = FIRST_AFTER_SECONDS
    while at < seconds - QUIET_SECONDS:
        kind, target = next(cards)
        link = target if isinstance(target, Link) else None
        lasts = _lasting(chance, kind)
        faults.append(Fault(len(faults) + 1, round(at, 2), kind, str(target), lasts, link))
        at += chance.uniform(0.5, 1.5) * gap_seconds
    return faults


def _cards(chance: random.Random, targets: Targets) -> Iterator[tuple[Kind, str | Link]]:
    services, databases, links = list(targets.services), list(targets.databases), targets.links()
    servers = ["postgres", "broker"]
    deck: list[tuple[Kind, Sequence[str | Link]]] = [
        (Kind.KILL, services),
        (Kind.KILL, ["orders", "payments", "inventory"]),
        (Kind.KILL, servers),
        (Kind.KILL, ["prefork"]),
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
        (Kind.SLOW_CLIENTS, [GATEWAY]),
        (Kind.STRANGER, RECEIVERS),
        (Kind.UNREADABLE, RECEIVERS),
    ]
    if targets.has_embedded_broker:
        deck.append((Kind.FLIP, ["broker"]))
    if targets.has_small_disk:
        deck.append((Kind.DISK_FULL, ["postgres"]))
    while True:
        chance.shuffle(deck)
        for kind, candidates in deck:
            yield kind, chance.choice(candidates)


_SECONDS: Final[dict[Kind, tuple[float, float]]] = {
    Kind.KILL: (0.0, 0.0),
    Kind.WIPE: (0.0, 0.0),
    Kind.FLIP: (0.0, 0.0),
    Kind.RESTART: (0.0, 0.0),
    Kind.REPUBLISH: (0.0, 0.0),
    Kind.UNREADABLE: (0.0, 0.0),
    Kind.DISK_FULL: (2.0, 4.0),
    Kind.REBALANCE: (8.0, 10.0),  # a replica takes seconds to start and to join the group
}


def _lasting(chance: random.Random, kind: Kind) -> float:
    least, most = _SECONDS.get(kind, (1.0, 5.0))
    return round(chance.uniform(least, most), 2)
