"""The guards of all operations as a table, for `waybill guards` and the documentation.

It is made of the same routes and limits as the guards themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.limits import policies_of
from gateway.routes import read_rate_limits, read_routes
from gateway.settings import GatewaySettings


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRow:
    """What a request for one operation must fulfil."""

    operation: str
    method: str
    path: str
    service: str
    security: str
    """bearer: it needs a token. public: the gateway requires none."""
    scopes: tuple[str, ...]
    owner: str | None
    """The claim that must be the resource's; the service checks it."""
    limit: str
    """The class of its rate limit."""
    cost: int
    quota: int
    window_seconds: int
    body_limit_bytes: int | None
    body_seconds: float | None
    answer_seconds: float


def guard_rows(settings: GatewaySettings, contract: Mapping[str, Any]) -> list[GuardRow]:
    """Return the guards of a merged contract with these settings, by path."""
    routes = read_routes(contract)
    policies = policies_of(settings, read_rate_limits(contract), routes)
    return [
        GuardRow(
            operation=route.id,
            method=route.method,
            path=route.path,
            service=route.service,
            security="public" if route.scopes is None else "bearer",
            scopes=route.scopes or (),
            owner=route.owner,
            limit=route.limit_class,
            cost=route.cost,
            quota=policies[route.limit_class].quota,
            window_seconds=policies[route.limit_class].window_seconds,
            body_limit_bytes=route.body_limit_bytes,
            body_seconds=None if route.body_limit_bytes is None else settings.client_seconds,
            answer_seconds=settings.answer_seconds,
        )
        for route in sorted(routes, key=lambda each: (each.path, each.method))
    ]
