"""What happens in one history: drawn from a seed, written down, and made smaller when it fails."""

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
"""So many are asked of databases and broker; faults strike somewhere among them."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An order that a customer places, and perhaps cancels."""

    at: float
    sku: str
    quantity: int
    token: str
    patience: float
    cancel_after: float | None


@dataclass(frozen=True, slots=True)
class Fault:
    """Strikes when so many questions were asked; what it breaks is whole again after `seconds`."""

    question: int
    kind: Kind
    service: str
    replica: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """All that a history begins with."""

    seed: int
    wishes: tuple[Wish, ...]
    stock: int
    replicas: tuple[int, int, int]
    partitions: int
    faults: tuple[Fault, ...]
    answer_within: float
    reservation_seconds: float
    skew_seconds: tuple[float, float, float]
    provider_faults: float
    is_fresh: bool
    """Whether the topics are yet to be made."""
    is_apart: bool
    """Whether orders serves its requests in one process and does all else in another one."""
    parked_share: float
    """How many events fail at first, so that they are parked and tried again."""

    def describe(self) -> dict[str, Any]:
        """Give it as JSON does."""
        return asdict(self)


def draw(seed: int) -> Scenario:
    """Draw a scenario. Each has only some kinds of trouble: what is rare together is met so."""
    rng = random.Random(seed)  # noqa: S311 (repeatable is what it has to be)
    count = rng.choice((1, 1, 2, 2, 3))
    wishes = tuple(_wish(rng, cancels=seed % 3 == 0) for _ in range(count))
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
        wishes=wishes,
        stock=rng.choice((1, 3, 5, 5)),
        replicas=rng.choice(_REPLICAS),
        partitions=rng.choice((1, 1, 2)),
        faults=faults,
        answer_within=rng.choice((3.0, 12.0, 40.0)),
        reservation_seconds=rng.choice((4.0, 20.0, 60.0)),
        # A tuple of three, which mypy cannot count.
        skew_seconds=tuple(rng.choice((0.0, 0.0, -1.5, 1.5)) for _ in range(3)),  # type: ignore[arg-type]
        provider_faults=rng.choice((0.0, 0.0, 0.05, 0.3)),
        is_fresh=rng.random() < _FRESH_SHARE,
        is_apart=rng.random() < _APART_SHARE,
        parked_share=rng.choice((0.0, 0.0, 0.0, 0.1)),
    )


def _wish(rng: random.Random, *, cancels: bool) -> Wish:
    return Wish(
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


def smaller(scenario: Scenario) -> list[Scenario]:
    """Give scenarios with a little less in them, the largest cuts first."""
    options: list[Scenario] = []
    for name in ("faults", "wishes"):
        items = getattr(scenario, name)
        options += [
            replace(scenario, **{name: items[:at] + items[at + 1 :]})
            for at in range(len(items))
            if name == "faults" or len(items) > 1
        ]
    for at, wish in enumerate(scenario.wishes):
        simple = replace(wish, at=0.5, quantity=1, cancel_after=None, token="tok_approve")  # noqa: S106 (a card of the sandbox)
        for changed in (
            simple,
            replace(wish, cancel_after=None),
            replace(wish, at=0.5),
            replace(wish, quantity=1),
        ):
            if changed != wish:
                wishes = (*scenario.wishes[:at], changed, *scenario.wishes[at + 1 :])
                options.append(replace(scenario, wishes=wishes))
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
    )
    options += [
        # The name is a field's, and the value fits it: both come from the fields.
        replace(scenario, **{name: value})  # type: ignore[arg-type]
        for name, value in plain
        if getattr(scenario, name) != value
    ]
    return options
