"""The scenario of one history: drawn from a seed, printable, and minimized after a failure."""

import random
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, TypeAlias

Kind: TypeAlias = Literal[
    "kill", "stop", "cut database", "crash database", "cut broker", "restart broker", "wipe broker",
    "refuse", "rewind",
]  # fmt: skip
SERVICES: Final = ("orders", "inventory", "payments")
SKUS: Final = ("tea", "mug")

_KINDS: Final[tuple[Kind, ...]] = (
    "kill", "kill", "kill", "stop", "stop", "cut database", "cut database", "cut database",
    "crash database", "cut broker", "cut broker", "restart broker", "wipe broker",
    "refuse", "refuse", "rewind",
)  # fmt: skip

_FRESH_SHARE: Final = 0.15
_APART_SHARE: Final = 0.4
_REPLICAS: Final = ((1, 1, 1), (1, 1, 1), (1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2), (2, 2, 2))

QUESTIONS_AT_START: Final = 100
QUESTIONS_PER_ORDER: Final = 40
"""The expected number of requests to databases and broker, among which faults are injected."""


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """An order that a customer places, and perhaps cancels."""

    at: float
    sku: str
    quantity: int
    token: str
    patience: float
    cancel_after: float | None
    other_quantity: int = 0
    """Units of the other SKU: a second line of the order."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Injected at the request with this number, and repaired after `seconds`."""

    question: int
    kind: Kind
    service: str
    replica: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """The initial conditions and the faults of a history."""

    seed: int
    planned_orders: tuple[PlannedOrder, ...]
    stock: int
    replicas: tuple[int, int, int]
    partitions: int
    faults: tuple[Fault, ...]
    answer_within: float
    reservation_seconds: float
    skew_seconds: tuple[float, float, float]
    provider_faults: float
    is_fresh: bool
    """Whether the topics do not exist yet."""
    is_apart: bool
    """Whether orders has a separate worker process."""
    parked_share: float
    """The share of events whose handlers fail at first, so that they are parked and retried."""
    stock_databases: int = 1
    """The databases among which the stock is divided by SKU."""

    @property
    def services(self) -> tuple[str, ...]:
        """The services that run."""
        return SERVICES

    def databases_of(self, service: str) -> tuple[str, ...]:
        """Return the databases of a service; the first one has its name."""
        others = range(1, self.stock_databases if service == "inventory" else 1)
        return (service, *(f"{service}_{part}" for part in others))

    def describe(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    def smaller(self) -> "list[Scenario]":
        """Return smaller scenarios, the largest reduction first."""
        return _smaller(self)


def draw(seed: int) -> Scenario:
    """Draw a scenario. Each has few kinds of faults, so that rare combinations occur."""
    rng = random.Random(seed)  # noqa: S311 (it has to be repeatable)
    count = rng.choice((1, 1, 2, 2, 3))
    planned_orders = tuple(_planned_order(rng, cancels=seed % 3 == 0) for _ in range(count))
    asked = QUESTIONS_AT_START + count * QUESTIONS_PER_ORDER
    kinds = rng.sample(_KINDS, rng.choice((1, 2, 3)))
    faults = tuple(
        sorted(
            (_fault(rng, rng.choice(kinds), asked) for _ in range(rng.choice((0, 1, 1, 2, 3)))),
            key=lambda fault: fault.question,
        )
    )
    return Scenario(
        seed=seed,
        planned_orders=planned_orders,
        stock=rng.choice((1, 3, 5, 5)),
        replicas=rng.choice(_REPLICAS),
        partitions=rng.choice((1, 1, 2)),
        faults=faults,
        answer_within=rng.choice((3.0, 12.0, 40.0)),
        reservation_seconds=rng.choice((4.0, 20.0, 60.0)),
        # mypy does not see that the tuple has three items.
        skew_seconds=tuple(rng.choice((0.0, 0.0, -1.5, 1.5)) for _ in range(3)),  # type: ignore[arg-type]
        provider_faults=rng.choice((0.0, 0.0, 0.05, 0.3)),
        is_fresh=rng.random() < _FRESH_SHARE,
        is_apart=rng.random() < _APART_SHARE,
        parked_share=rng.choice((0.0, 0.0, 0.0, 0.1)),
    )


def draw_divided(seed: int) -> Scenario:
    """Draw a scenario with two databases of stock, and orders with lines in both of them."""
    scenario = draw(seed)
    rng = random.Random(~seed)  # noqa: S311 (it has to be repeatable)
    planned_orders = tuple(
        replace(each, other_quantity=rng.choice((0, 1, 1, 2))) for each in scenario.planned_orders
    )
    return replace(scenario, planned_orders=planned_orders, stock_databases=2)


def _planned_order(rng: random.Random, *, cancels: bool) -> PlannedOrder:
    return PlannedOrder(
        at=rng.choice((0.5, 0.5, rng.random() * 2)),
        sku=rng.choice(SKUS),
        quantity=rng.choice((1, 1, 2)),
        token=rng.choice(("tok_approve",) * 5 + ("tok_decline",)),
        patience=rng.choice((0.02, 0.3, 2.0)),
        cancel_after=rng.random() * rng.choice((0.05, 0.3, 3.0)) if cancels else None,
    )


def _fault(rng: random.Random, kind: Kind, asked: int) -> Fault:
    return Fault(
        question=rng.randrange(asked),
        kind=kind,
        service=rng.choice(SERVICES),
        replica=rng.randrange(2),
        seconds=rng.choice((0.2, 2.0, 9.0)),
    )


def _smaller(scenario: Scenario) -> list[Scenario]:
    options: list[Scenario] = []
    for name in ("faults", "planned_orders"):
        items = getattr(scenario, name)
        options += [
            replace(scenario, **{name: items[:at] + items[at + 1 :]})
            for at in range(len(items))
            if name == "faults" or len(items) > 1
        ]
    for at, planned in enumerate(scenario.planned_orders):
        simple = replace(planned, at=0.5, quantity=1, cancel_after=None, token="tok_approve")  # noqa: S106 (a card of the sandbox)
        for changed in (
            simple,
            replace(planned, cancel_after=None),
            replace(planned, at=0.5),
            replace(planned, other_quantity=0),
            replace(planned, quantity=1),
        ):
            if changed != planned:
                planned_orders = (
                    *scenario.planned_orders[:at],
                    changed,
                    *scenario.planned_orders[at + 1 :],
                )
                options.append(replace(scenario, planned_orders=planned_orders))
    plain: tuple[tuple[str, object], ...] = (
        ("replicas", (1, 1, 1)),
        ("provider_faults", 0.0),
        ("skew_seconds", (0.0, 0.0, 0.0)),
        ("partitions", 1),
        ("answer_within", 40.0),
        ("reservation_seconds", 60.0),
        ("stock", 5),
        ("is_fresh", False),
        ("is_apart", False),
        ("parked_share", 0.0),
        ("stock_databases", 1),
    )
    options += [
        # Names and values match the fields of the scenario.
        replace(scenario, **{name: value})  # type: ignore[arg-type]
        for name, value in plain
        if getattr(scenario, name) != value
    ]
    return options
