"""Decides whether a request may reach its service, before its body is read.

    API key -> token -> limit of the caller -> scopes

What an operation requires comes from its contract. The service checks the token and its scopes
again: it can also be reached without the gateway.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from starlette.types import Scope

from gateway.api_keys import ApiKeys
from gateway.client_addresses import ClientAddresses
from gateway.contract.problems import RateLimited
from gateway.limits import UNAUTHENTICATED, Limits
from gateway.rate_limits import Decision, Limit
from gateway.routes import Route
from waybill.http.access import ANYBODY, NOBODY, Access, Principal, require_scopes
from waybill.http.header_fields import by_name
from waybill.http.problems import ProblemError, Unauthenticated

Fields: TypeAlias = tuple[tuple[bytes, bytes], ...]

_HEADER: Final = "header"
_PERSONAL: Final = (b"cache-control", b"no-store")
"""For resources that belong to somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyRequests(RateLimited):
    """The problem with the header fields that say when to try again."""

    retry_after: int = field(metadata={_HEADER: "Retry-After"})
    state: str = field(metadata={_HEADER: "RateLimit"})
    policy: str = field(metadata={_HEADER: "RateLimit-Policy"})


class Guard:
    """The guard of one operation."""

    def __init__(
        self,
        route: Route,
        access: Access,
        limits: Limits,
        addresses: ClientAddresses,
        keys: ApiKeys | None = None,
    ) -> None:
        """Without `keys`, an API key is a token that nobody has."""
        self._scopes: Final = route.scopes
        self._cost: Final = route.cost
        self._access: Final = access
        self._keys: Final = keys
        self._limit: Final = limits.of_class[route.limit_class]
        self._strangers: Final = limits.of_class[UNAUTHENTICATED]
        self._addresses: Final = addresses
        policy = (b"ratelimit-policy", self._limit.policy.text.encode())
        self._fields: Final = (policy, *((_PERSONAL,) if route.owner else ()))

    async def check(self, scope: Scope) -> Fields:
        """Let a request pass; return fields for its response. Raises ProblemError."""
        fields = by_name(scope["headers"])
        principal = NOBODY if self._scopes is None else await self._caller(fields, scope)
        is_known = principal is not NOBODY and principal is not ANYBODY
        limit = self._limit
        key = principal.subject if is_known else self._address(scope)
        decision = await limit.charge(key, self._cost)
        if not decision.is_admitted:
            raise _too_many(limit, decision, self._cost)
        require_scopes(principal, self._scopes or ())
        return (*self._fields, (b"ratelimit", limit.policy.state(decision).encode()))

    async def _caller(self, fields: Mapping[bytes, bytes], scope: Scope) -> Principal:
        """Return the caller, whom only a signed token names; an API key is exchanged for one."""
        given = fields.get(b"authorization")
        authorization = None if given is None else given.decode("latin-1")
        try:
            if self._keys is not None and authorization is not None:
                token = await self._keys.exchange(authorization)
                if token is not authorization:
                    scope["headers"] = _with_authorization(scope, token)
                    authorization = token
            return await self._access.identify(authorization)
        except ProblemError as refused:
            if isinstance(refused.problem, Unauthenticated):
                await self._count_stranger(scope)
            raise

    async def _count_stranger(self, scope: Scope) -> None:
        """Count a request whose token was not accepted.

        Only such requests are refused by this limit: a caller with a token never suffers from
        others at its address.
        """
        decision = await self._strangers.charge(self._address(scope), 1)
        if not decision.is_admitted:
            raise _too_many(self._strangers, decision, 1)

    def _address(self, scope: Scope) -> str:
        return f"address:{self._addresses.of(scope)}"


def _with_authorization(scope: Scope, value: str) -> list[tuple[bytes, bytes]]:
    others = [each for each in scope["headers"] if each[0] != b"authorization"]
    return [*others, (b"authorization", value.encode())]


def _too_many(limit: Limit, decision: Decision, cost: int) -> ProblemError:
    limit.refusals += 1
    policy = limit.policy
    seconds = max(1, policy.retry_seconds(decision, cost))
    return ProblemError(
        TooManyRequests(
            detail=f"Too many requests; this one was not executed. Send it again in {seconds} s.",
            limit=policy.name,
            retry_after=seconds,
            state=policy.state(decision),
            policy=policy.text,
        )
    )
