"""The scenario of one history of tokens."""

import random
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from waybill_simulation.scenario import Fault, Kind

SERVICE: Final = "identity"
SESSIONS: Final = 2
PUBLISHED_SECONDS: Final = 30.0
"""How long a key is published before it signs."""
ROTATION_SECONDS: Final = 5.0
"""The interval at which the next key comes into use: as soon as every verifier knows it."""

_KINDS: Final[tuple[Kind, ...]] = (
    "kill", "kill", "stop", "cut database", "cut database", "cut database", "crash database",
)  # fmt: skip
_QUESTIONS: Final = 250
"""The number of requests to the database among which faults are injected."""


@dataclass(frozen=True, slots=True)
class PlannedApp:
    """An application with one authorization."""

    session: int
    """The number of the session of its user; an application of another one may share it."""
    at: float
    has_code: bool
    """Whether it begins with a code, otherwise with a refresh token."""
    refreshes: int
    pause: float
    tabs: int
    """How many send the same token at once."""
    patience: float
    retry_seconds: float
    thief_at: float | None
    """When a thief sends a token of it."""
    thief_skips: int
    """How many newer tokens the application has by then."""
    revoke_at: float | None


@dataclass(frozen=True, slots=True)
class TokenScenario:
    """The initial conditions and the faults of a history."""

    seed: int
    apps: tuple[PlannedApp, ...]
    ends: tuple[float | None, float | None]
    """When each session is ended."""
    count: int
    """The number of replicas."""
    skew: float
    faults: tuple[Fault, ...]

    services = (SERVICE,)
    is_apart = False
    parked_share = 0.0

    @property
    def replicas(self) -> tuple[int, ...]:
        """The number of replicas of each service."""
        return (self.count,)

    @property
    def skew_seconds(self) -> tuple[float, ...]:
        """How wrong the clocks of each service are."""
        return (self.skew,)

    def databases_of(self, service: str) -> tuple[str, ...]:
        """Return the databases of a service: one."""
        return (service,)

    def describe(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    def smaller(self) -> "list[TokenScenario]":
        """Return smaller scenarios, the largest reduction first."""
        options = [
            replace(self, faults=self.faults[:at] + self.faults[at + 1 :])
            for at in range(len(self.faults))
        ]
        options += [
            replace(self, apps=self.apps[:at] + self.apps[at + 1 :])
            for at in range(len(self.apps))
            if len(self.apps) > 1
        ]
        for at, app in enumerate(self.apps):
            options += [
                replace(self, apps=(*self.apps[:at], simpler, *self.apps[at + 1 :]))
                for simpler in _simpler(app)
            ]
        plain = (replace(self, ends=(None, None)), replace(self, skew=0.0), replace(self, count=1))
        return [*options, *(each for each in plain if each != self)]


def _simpler(app: PlannedApp) -> list[PlannedApp]:
    options = (
        replace(app, thief_at=None),
        replace(app, revoke_at=None),
        replace(app, tabs=1),
        replace(app, has_code=False),
        replace(app, refreshes=max(1, app.refreshes - 1)),
    )
    return [each for each in options if each != app]


def draw(seed: int) -> TokenScenario:
    """Draw a scenario."""
    rng = random.Random(seed)  # noqa: S311 (it has to be repeatable)
    kinds = rng.sample(_KINDS, 2)
    faults = [_fault(rng, rng.choice(kinds)) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
    apps = tuple(_app(rng) for _ in range(rng.choice((1, 1, 2, 3))))
    return TokenScenario(
        seed=seed,
        apps=apps,
        ends=(_end(rng, apps, 0), _end(rng, apps, 1)),
        count=rng.choice((1, 2, 2, 3)),
        skew=rng.choice((0.0, 0.0, 0.3)),
        faults=tuple(sorted(faults, key=lambda fault: fault.question)),
    )


def _app(rng: random.Random) -> PlannedApp:
    at = rng.choice((1.0, rng.random() * 30, PUBLISHED_SECONDS - rng.random() * 4))
    pause = rng.choice((0.05, 1.0, 8.0, 20.0))
    refreshes = rng.choice((1, 2, 3, 5))
    lasts = at + refreshes * pause
    acts = rng.choice(("none", "none", "thief", "thief", "revoke", "both"))
    return PlannedApp(
        session=rng.randrange(SESSIONS),
        at=at,
        has_code=rng.random() < 0.3,
        refreshes=refreshes,
        pause=pause,
        tabs=rng.choice((1, 1, 1, 2, 3)),
        patience=rng.choice((0.01, 0.05, 0.5, 3.0)),
        retry_seconds=rng.choice((0.2, 1.0, 1.0, 12.0)),
        thief_at=rng.uniform(at, lasts + 15) if acts in ("thief", "both") else None,
        thief_skips=rng.choice((0, 0, 1, 2)),
        revoke_at=_near(rng, at, refreshes, pause) if acts in ("revoke", "both") else None,
    )


def _near(rng: random.Random, at: float, refreshes: int, pause: float) -> float:
    """Draw a time that is often close to a refresh."""
    return at + rng.randrange(1, refreshes + 1) * pause + rng.choice((rng.random(), 1.0)) * 0.02


def _end(rng: random.Random, apps: tuple[PlannedApp, ...], session: int) -> float | None:
    own = [app for app in apps if app.session == session]
    if not own or rng.random() < 0.6:
        return None
    app = rng.choice(own)
    if app.has_code and rng.random() < 0.7:
        return app.at + rng.random() * 0.06  # while the code is exchanged
    return _near(rng, app.at, app.refreshes, app.pause)


def _fault(rng: random.Random, kind: Kind) -> Fault:
    return Fault(
        question=rng.randrange(_QUESTIONS),
        kind=kind,
        service=SERVICE,
        replica=rng.randrange(3),
        seconds=rng.choice((0.2, 2.0, 9.0)),
    )
