"""Access by signed tokens of an issuer: JWTs (RFC 9068) that are verified without asking it.

A token is verified once in each process and remembered until it expires: verifying takes some
140 us, looking it up 2 us. Only asymmetric algorithms are accepted, and only the keys that the
issuer publishes: a key or an address of a key in a token is refused (RFC 8725, 3.1 and 3.10).
"""

import hashlib
import os
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode
from typing_extensions import override

from waybill.clock import Clock
from waybill.http.access import Access, Principal, bearer_token, unknown_token
from waybill.http.issuer_keys import IssuerError
from waybill.http.problems import ProblemError, Unauthenticated, Unavailable

if TYPE_CHECKING:
    from joserfc.jwk import Key

ALGORITHMS: Final = ("ES256", "RS256")
LEEWAY_SECONDS: Final = 10
"""How far the clocks of the issuer and of this host may differ."""
REMEMBERED_MAX: Final = 10_000
"""Verified tokens in memory, about a kilobyte each."""
TOKEN_BYTES_MAX: Final = 8_192

_FOREIGN_KEYS: Final = ("crit", "jku", "jwk", "x5c", "x5u")


@dataclass(frozen=True, slots=True)
class _Verified:
    principal: Principal
    key_id: str
    expires_at: float


class VerificationKeys(Protocol):
    """Where the keys of an issuer come from; `IssuerKeys` reads them over HTTP."""

    @property
    def denied(self) -> Container[str]:
        """The `sid`s of ended sessions and the ids of revoked keys, while tokens are valid."""
        ...

    async def find(self, key_id: str) -> "Key | None":
        """Return a public key; None if the issuer has none of this id. Raises IssuerError."""
        ...


class _InvalidTokenError(Exception):
    """The token is not accepted; the message is for its client and has nothing of the token."""


class TokenAccess(Access):
    """Callers known by the tokens of one issuer."""

    def __init__(
        self,
        keys: VerificationKeys,
        issuer: str,
        audience: str,
        clock: Clock,
        types: Collection[str] = ("at+jwt",),
    ) -> None:
        """Accept tokens of `issuer` for `audience` whose header `typ` is one of `types`."""
        self._keys = keys
        self._types = frozenset(each.lower() for each in types)
        self._clock = clock
        self._remembered: dict[bytes, _Verified] = {}
        self._digest_key = os.urandom(32)
        self._claims = jwt.JWTClaimsRegistry(
            now=self._now,
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    @override
    async def identify(self, authorization: str | None) -> Principal:
        token = bearer_token(authorization)
        digest = hashlib.blake2b(token, key=self._digest_key, digest_size=16).digest()
        known = self._remembered.get(digest)
        if known is not None and known.expires_at > self._now():
            return self._unless_denied(known)
        try:
            verified = await self._verify(token)
        except _InvalidTokenError as error:
            challenge = 'Bearer error="invalid_token"'
            raise ProblemError(Unauthenticated(detail=str(error), challenge=challenge)) from None
        except IssuerError as error:
            raise ProblemError(Unavailable(detail=f"Tokens cannot be checked: {error}.")) from None
        while len(self._remembered) >= REMEMBERED_MAX:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[digest] = verified
        return self._unless_denied(verified)

    def _unless_denied(self, verified: _Verified) -> Principal:
        """Return the caller, unless its session or the key is denied. Raises ProblemError."""
        denied, sid = self._keys.denied, verified.principal.claims.get("sid", "")
        if sid in denied or verified.key_id in denied:
            raise unknown_token()
        return verified.principal

    async def _verify(self, token: bytes) -> _Verified:
        if len(token) > TOKEN_BYTES_MAX:
            raise _InvalidTokenError(f"The token has more than {TOKEN_BYTES_MAX} bytes.")
        key_id, algorithm = self._read_header(token)
        key = await self._keys.find(key_id)
        if key is None:
            raise _InvalidTokenError("The token names a key that its issuer does not have.")
        try:
            claims = jwt.decode(token, key, algorithms=[algorithm]).claims
            self._claims.validate(claims)
        except (JoseError, ValueError) as error:
            raise _InvalidTokenError(f"The token is not valid: {_reason(error)}.") from None
        # Without a resource owner the subject is the client itself (RFC 9068, 2.2).
        is_client = claims["sub"] in (claims.get("client_id"), claims.get("azp"))
        principal = Principal(
            claims["sub"],
            frozenset(_scopes(claims)),
            _texts(claims),
            kind="service" if is_client else "user",
        )
        return _Verified(principal, key_id, float(claims["exp"]))

    def _read_header(self, token: bytes) -> tuple[str, str]:
        """Return key id and algorithm. The header is not verified yet, so little of it is used."""
        try:
            header = orjson.loads(urlsafe_b64decode(token.partition(b".")[0]))
        except ValueError:
            header = None
        if not isinstance(header, dict) or token.count(b".") != 2:
            raise _InvalidTokenError("The bearer token is not a signed JWT.")
        if header.get("alg") not in ALGORITHMS:
            raise _InvalidTokenError(f"The token must be signed with {' or '.join(ALGORITHMS)}.")
        if any(name in header for name in _FOREIGN_KEYS):
            raise _InvalidTokenError("The token must not bring its own key.")
        kind = str(header.get("typ", "")).lower().removeprefix("application/")
        if kind not in self._types:
            expected = " or ".join(sorted(self._types))
            raise _InvalidTokenError(
                f"The token is not an access token: its typ is not {expected}."
            )
        if not isinstance(header.get("kid"), str):
            raise _InvalidTokenError("The token does not name its key.")
        return header["kid"], header["alg"]

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _reason(error: Exception) -> str:
    return getattr(error, "description", "") or type(error).__name__


def _scopes(claims: Mapping[str, Any]) -> Iterable[str]:
    """Read `scope` (RFC 9068, 2.2.3); some issuers name it `scp` or make it a list."""
    value = claims.get("scope", claims.get("scp", ""))
    return value.split() if isinstance(value, str) else map(str, value)


def _texts(claims: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in claims.items() if isinstance(value, str)}
