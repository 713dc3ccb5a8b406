"""The limits of all classes, as the contract and the settings say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.rate_limits import Limit, LocalLimit, Policy
from gateway.routes import RateLimitClass, Route
from gateway.settings import GatewaySettings
from gateway.shared_limits import RateLimitStore, SharedLimit

UNAUTHENTICATED: Final = "unauthenticated"
"""The class of requests without an accepted token."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limit of each class, and the store of the shared ones, if there is one."""

    of_class: Mapping[str, Limit]
    store: RateLimitStore | None


def limits_of(
    settings: GatewaySettings, classes: Mapping[str, RateLimitClass], routes: Iterable[Route]
) -> Limits:
    """Create the limits of this process."""
    address = settings.rate_limit_store
    store = RateLimitStore(address.get_secret_value()) if address else None
    costs = dict.fromkeys(classes, 1)
    for route in routes:
        costs[route.limit_class] = max(costs[route.limit_class], route.cost)
    return Limits(
        {
            name: _limit(policy_of(settings, name, each, costs[name]), each, store)
            for name, each in classes.items()
        },
        store,
    )


def policy_of(
    settings: GatewaySettings, name: str, written: RateLimitClass, cost_max: int
) -> Policy:
    """Return the numbers of a class in one process.

    A class that is counted in the store has its whole quota there; of another one each replica has
    its part, in which the most expensive request has room.
    """
    is_whole = written.shared and settings.rate_limit_store is not None
    replicas = 1 if is_whole else settings.rate_limit_replicas
    quota = int(written.quota * settings.rate_limit_factor / replicas)
    return Policy(name, max(cost_max, quota), written.window_seconds)


def _limit(policy: Policy, written: RateLimitClass, store: RateLimitStore | None) -> Limit:
    return SharedLimit(policy, store) if written.shared and store else LocalLimit(policy)
