"""The play of tokens: identity, and who uses it."""

from collections.abc import Iterator
from copy import copy
from functools import partial
from secrets import token_urlsafe
from typing import Final

from joserfc.jwk import ECKey, RSAKey

import identity.app
import identity.signing_keys
from identity.signing_keys import RSA_BITS, Drafts
from waybill_simulation import drivers
from waybill_simulation.history import Outcome, run_history
from waybill_simulation.network import Network
from waybill_simulation.plays import Play
from waybill_simulation.tokens.apps import Apps
from waybill_simulation.tokens.invariants import unfinished, violations
from waybill_simulation.tokens.scenario import SERVICE, TokenScenario, draw
from waybill_simulation.tokens.verifier import Verifier
from waybill_simulation.tokens.world import TokenWorld

LATE_SECONDS: Final = 0.5
START_SECONDS: Final = 2.5
LOOK_SECONDS: Final = 6.0
"""How often a replica looks for keys that are due: more often than in production."""


class TokenHistory:
    """One history of tokens."""

    def __init__(self, scenario: TokenScenario, *, is_recorded: bool) -> None:
        self.scenario: Final = scenario
        self.world: Final = TokenWorld(scenario, Network(scenario.seed, is_recorded=is_recorded))
        self.late_seconds: Final = LATE_SECONDS
        drivers.bind(self.world)
        self._apps = Apps(self.world)
        self._verifier = Verifier(self.world)

    def begin(self) -> None:
        # One after the other, so that they do not look for due keys at the same time.
        self.world.replicas.start(SERVICE, 0)
        for number in range(1, self.scenario.count):
            after = number * START_SECONDS
            self.world.network.deliver(after, self.world.replicas.start, SERVICE, number)
        self._apps.open()
        self._verifier.open()

    def unfinished(self) -> Iterator[str]:
        return unfinished(self.world, self._apps)

    def violations(self) -> list[str]:
        return violations(self.world, self._apps, self._verifier)

    def statuses(self) -> tuple[str, ...]:
        families = self.world.rows(SERVICE, "families")
        return tuple(each["reason"] or "live" for each in families)


def run(scenario: TokenScenario, *, is_recorded: bool = False) -> Outcome:
    """Run a history of tokens. Raises NotSimulatedError."""
    return run_history(partial(TokenHistory, scenario, is_recorded=is_recorded))


class _Keys:
    """The RSA key of all histories: one takes too long to generate, and signs no token here."""

    rsa: RSAKey | None = None

    @classmethod
    def another(cls) -> RSAKey:
        """Return the same key by another name."""
        if cls.rsa is None:
            cls.rsa = RSAKey.generate_key(RSA_BITS)
        key, name = copy(cls.rsa), token_urlsafe()
        key.thumbprint = lambda: name  # type: ignore[method-assign]
        return key


async def _make_drafts() -> Drafts:
    return {
        "ES256": (ECKey.generate_key("P-256"), ECKey.generate_key("P-256")),
        "RS256": (_Keys.another(), _Keys.another()),
    }


class _NoPasswords:
    """Nobody logs in: the real one computes a slow hash as it is created."""

    def close(self) -> None: ...


def _install() -> None:
    drivers.install(
        (identity.app, "Passwords", _NoPasswords),
        (identity.signing_keys, "make_drafts", _make_drafts),
        (identity.signing_keys, "LOOK_SECONDS", LOOK_SECONDS),
    )


PLAY: Final = Play(_install, draw, run)
