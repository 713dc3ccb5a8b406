"""Predicts orders a second from the processor time of an order and the number of cores.

An order passes through stages, each of which handles what has arrived since its last round as one
batch. A round has a cost of its own, and a cost for each order in it. With `n` orders under way, a
round has a share of them, so that an order costs

    cost(n) = per_order + per_round * rounds / n

seconds of a processor, for each component. Two measurements with different `n` determine both. More
replicas of a service share its orders, so they need more rounds; divided stock needs more
transactions in a round.

Orders under way wait for a core, and for what needs no core (flushes, the network). Mean value
analysis gives the rate of such a closed system (Reiser and Lavenberg, 1980); a station with several
servers is approximated as by Seidmann (1987).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

INVENTORY: Final = "inventory"
INVENTORY_POSTGRES: Final = "PostgreSQL of inventory"
_POSTGRES: Final = "postgres, for "


@dataclass(frozen=True, slots=True)
class Layout:
    """What runs, and how many orders are under way at the same time."""

    name: str
    clients: int
    stock_databases: int = 1
    inventory_replicas: int = 1
    partitions: int = 1
    is_calibration: bool = False

    @property
    def rounds(self) -> float:
        """The transactions of inventory for all orders under way, relative to the undivided stock.

        A replica without a partition has no work. Divided stock needs a transaction in each
        database, in addition to that of the events.
        """
        replicas = min(self.inventory_replicas, self.partitions)
        return replicas * (1 if self.stock_databases == 1 else 1 + self.stock_databases)


@dataclass(frozen=True, slots=True)
class Run:
    """A measurement: seconds of processor time of an order, by component."""

    clients: int
    per_second: float
    cpu_seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of processor time of a component."""

    per_order: float
    per_round: float

    def of(self, clients: int, rounds: float = 1.0) -> float:
        """Return the cost of an order with so many under way."""
        return self.per_order + self.per_round * rounds / clients


@dataclass(frozen=True, slots=True)
class Model:
    """The costs of all components, and the seconds of an order that need no core."""

    costs: Mapping[str, Cost]
    waiting_seconds: float
    cores: int

    def cpu_seconds(self, layout: Layout) -> float:
        """Return the processor time of an order in a layout."""
        return sum(
            cost.of(layout.clients, layout.rounds if name in _OF_INVENTORY else 1.0)
            for name, cost in self.costs.items()
        )

    def per_second(self, layout: Layout) -> float:
        """Return the predicted rate of a layout."""
        return closed_rate(
            layout.clients, self.cpu_seconds(layout), self.waiting_seconds, self.cores
        )

    def limits(self) -> dict[str, float]:
        """Return the orders a second for which each component needs one whole core.

        With large batches. A process of a service uses one core at most, so this is the limit of a
        replica, however many cores there are.
        """
        return {name: 1 / cost.per_order for name, cost in self.costs.items() if cost.per_order}


_OF_INVENTORY: Final = frozenset({INVENTORY, INVENTORY_POSTGRES})


def fit(alone: Run, few: Run, many: Run, cores: int) -> Model:
    """Fit the model to runs of the same layout with one, few and many clients.

    Raises ValueError unless `many` has more clients than `few`.
    """
    if many.clients <= few.clients:
        raise ValueError(f"{many.clients} clients are not more than {few.clients}")
    costs = {
        name: _cost(few.cpu_seconds.get(name, 0.0), few.clients, seconds, many.clients)
        for name, seconds in many.cpu_seconds.items()
    }
    # The order of a single client waits for nothing but its own work.
    seconds = 1 / alone.per_second - sum(alone.cpu_seconds.values())
    return Model(costs, max(seconds, 0.0), cores)


def _cost(few_seconds: float, few: int, many_seconds: float, many: int) -> Cost:
    per_round = max((few_seconds - many_seconds) / (1 / few - 1 / many), 0.0)
    per_order = many_seconds - per_round / many
    # Noise, or work at fixed intervals: all of it is a cost of rounds.
    return Cost(per_order, per_round) if per_order > 0 else Cost(0.0, many_seconds * many)


def closed_rate(clients: int, busy_seconds: float, waiting_seconds: float, cores: int) -> float:
    """Return the rate at which `clients` repeat what needs a core, and waits, for these times."""
    queued = busy_seconds / cores
    elsewhere = waiting_seconds + busy_seconds * (cores - 1) / cores
    length, rate = 0.0, 0.0
    for count in range(1, clients + 1):
        spent = queued * (1 + length)
        rate = count / (spent + elsewhere)
        length = rate * spent
    return rate


def by_component(cpu_seconds: Mapping[str, float]) -> dict[str, float]:
    """Add up the processor time of all replicas and all databases of a service."""
    found: dict[str, float] = {}
    for process, seconds in cpu_seconds.items():
        name = component_of(process)
        found[name] = found.get(name, 0.0) + seconds
    return found


def component_of(process: str) -> str:
    """Return the component of a process: that of "inventory, replica 2" is inventory."""
    if process.startswith(_POSTGRES):
        service = process.removeprefix(_POSTGRES).split("_")[0]
        return f"PostgreSQL of {service}"
    return process.split(",", maxsplit=1)[0]
