"""Signed tokens: access tokens (RFC 9068) and ID tokens (OpenID Connect Core 1.0, 2)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from joserfc import jwt

from identity.signing_keys import Algorithm, KeyRing
from waybill.clock import Clock
from waybill.ids import uuid7

TOKEN_LIFETIME: Final = timedelta(minutes=5)
"""Of access and ID tokens. A session that is ended early is denied for as long."""

ID_TOKEN_CLAIMS: Final = ("iss", "sub", "aud", "exp", "iat", "nonce", "sid", "auth_time", "acr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who a token is for: a user, in a session, or a service."""

    sub: str
    user_id: UUID | None = None
    customer_ref: str | None = None
    sid: UUID | None = None
    auth_time: datetime | None = None
    amr: Collection[str] = ()

    @property
    def acr(self) -> str | None:
        """How sure it is that this is the user: by two factors, or one."""
        if self.auth_time is None:
            return None
        return "mfa" if len(self.amr) > 1 else "pwd"


def user_subject(user_id: UUID) -> str:
    """Return the `sub` of a user. Its kind keeps it apart from that of any service."""
    return f"user:{user_id}"


def service_subject(service_id: UUID) -> str:
    """Return the `sub` of a service."""
    return f"service:{service_id}"


class TokenSigner:
    """Makes signed tokens of one issuer."""

    def __init__(self, ring: KeyRing, clock: Clock, *, issuer: str, audience: str) -> None:
        self.ring: Final = ring
        self.issuer: Final = issuer
        self._audience = audience
        self._clock = clock

    async def access_token(self, subject: Subject, client_id: str, scopes: Collection[str]) -> str:
        """Return an access token for the services of this deployment."""
        claims = {
            "aud": self._audience,
            "client_id": client_id,
            "scope": " ".join(sorted(scopes)),
            "jti": str(uuid7()),
            "customer_ref": subject.customer_ref,
            "user_id": None if subject.user_id is None else str(subject.user_id),
        }
        return await self._sign("ES256", "at+jwt", subject, claims)

    async def id_token(self, subject: Subject, client_id: str, nonce: str | None) -> str:
        """Return a token that tells a client who the user is. No service accepts it."""
        return await self._sign("RS256", "JWT", subject, {"aud": client_id, "nonce": nonce})

    async def _sign(
        self, algorithm: Algorithm, kind: str, subject: Subject, claims: dict[str, Any]
    ) -> str:
        kid, key = await self.ring.current(algorithm)
        now = self._clock.now()
        everything = {
            "iss": self.issuer,
            "sub": subject.sub,
            "iat": int(now.timestamp()),
            "exp": int((now + TOKEN_LIFETIME).timestamp()),
            "sid": None if subject.sid is None else str(subject.sid),
            "auth_time": None if subject.auth_time is None else int(subject.auth_time.timestamp()),
            "acr": subject.acr,
            **claims,
        }
        known = {name: value for name, value in everything.items() if value is not None}
        return jwt.encode({"alg": algorithm, "typ": kind, "kid": kid}, known, key)
