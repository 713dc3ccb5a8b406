"""Authentication and authorization.

`Access` is the port. It has three implementations: `OpenAccess` for a laptop, where every caller
may do everything; `TokenFile`, where each caller has a bearer token (RFC 6750), of which the file
contains only the SHA-256; and `TokenAccess` in tokens.py, for the signed tokens of an issuer.
"""

import hashlib
import re
from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Protocol

from pydantic import ConfigDict, StringConstraints, TypeAdapter
from pydantic.dataclasses import dataclass as checked_dataclass
from typing_extensions import override

from waybill import actor
from waybill.actor import Kind
from waybill.http.problems import Forbidden, ProblemError, Unauthenticated

_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Principal:
    """A known caller: its name in logs and idempotency keys, and what it may do.

    `claims` say what it owns: {"customer_ref": "alice"} owns the resources with this customer_ref.
    """

    subject: str
    scopes: Container[str]
    claims: Mapping[str, str] = field(default_factory=dict)
    kind: Kind | None = "service"
    """What it is, unless the subject says so (`user:...`); None for a caller that is not known."""

    @property
    def actor(self) -> str:
        """The caller as the actor of what it causes."""
        return actor.ANYBODY if self.kind is None else actor.actor_of(self.subject, self.kind)


class Access(Protocol):
    """Authenticates callers."""

    async def identify(self, authorization: str | None) -> Principal:
        """Return the caller of an Authorization header. Raises ProblemError(Unauthenticated)."""
        ...


class _EveryScope(Container[str]):
    @override
    def __contains__(self, scope: object) -> bool:
        return True


ANYBODY: Final = Principal(actor.ANYBODY, _EveryScope(), kind=None)
NOBODY: Final = Principal("anonymous", frozenset(), kind=None)
"""The caller of a public operation, which needs no authentication."""


class OpenAccess(Access):
    """Treats every caller as the same one, with every scope: for a laptop, never for a network."""

    @override
    async def identify(self, authorization: str | None) -> Principal:
        return ANYBODY


@checked_dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True))
class Grant:
    """The entry of one token in the token file."""

    subject: str
    scopes: list[str]
    claims: dict[str, str] = field(default_factory=dict)


_Grants = dict[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")], Grant]


class TokenFile(Access):
    """Callers known by bearer tokens: {sha256 hex of the token: {subject, scopes, claims}}."""

    def __init__(self, grants: Mapping[str, Grant]) -> None:
        self._principals = {
            digest: Principal(grant.subject, frozenset(grant.scopes), grant.claims)
            for digest, grant in grants.items()
        }

    def has(self, digests: Collection[str]) -> bool:
        """Whether a token has one of these SHA-256."""
        return not self._principals.keys().isdisjoint(digests)

    @classmethod
    def load(cls, path: Path) -> "TokenFile":
        """Read the JSON file at `path`. Raises pydantic's ValidationError, or OSError."""
        return cls(TypeAdapter(_Grants).validate_json(path.read_bytes()))

    @override
    async def identify(self, authorization: str | None) -> Principal:
        principal = self._principals.get(hashlib.sha256(bearer_token(authorization)).hexdigest())
        if principal is None:
            raise unknown_token()
        return principal


def bearer_token(authorization: str | None) -> bytes:
    """Return the token of an Authorization header. Raises ProblemError(Unauthenticated)."""
    if authorization is None:
        raise ProblemError(Unauthenticated(detail="The Authorization header is missing."))
    token = _BEARER.fullmatch(authorization)
    if token is None:
        raise unknown_token()
    return token[1].encode()


def unknown_token() -> ProblemError:
    """Return the refusal of a token that nobody has, or that is no longer valid."""
    challenge = 'Bearer error="invalid_token"'
    detail = "The bearer token is not known."
    return ProblemError(Unauthenticated(detail=detail, challenge=challenge))


async def admit(
    access: Access, authorization: str | None, scopes: tuple[str, ...] | None
) -> Principal:
    """Authenticate the caller and check that it has all of `scopes`; None admits every caller.

    Raises ProblemError with Unauthenticated or Forbidden.
    """
    if scopes is None:
        return NOBODY
    principal = await access.identify(authorization)
    require_scopes(principal, scopes)
    return principal


def require_scopes(principal: Principal, scopes: tuple[str, ...]) -> None:
    """Check that a caller has all of `scopes`. Raises ProblemError(Forbidden)."""
    missing = " ".join(scope for scope in scopes if scope not in principal.scopes)
    if missing:
        raise ProblemError(
            Forbidden(
                detail=f"The caller lacks the scope {missing}.",
                challenge=f'Bearer error="insufficient_scope", scope="{" ".join(scopes)}"',
            )
        )
