"""Types and rules of identity: no I/O and no clock."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from identity.token_signing import Subject

OPENID: Final = "openid"
OFFLINE: Final = "offline_access"
PROTOCOL_SCOPES: Final = frozenset({OPENID, OFFLINE})
"""Scopes that say what a client gets, not what a user may do: every user has them."""

CODE_LIFETIME: Final = timedelta(seconds=60)
FAMILY_LIFETIME: Final = timedelta(days=30)
GRACE: Final = timedelta(seconds=10)
"""For so long a used refresh token gives its successor again: the answer may have been lost."""

_VERIFIER: Final = re.compile(r"[A-Za-z0-9\-._~]{43,128}", re.ASCII)


class GrantType(StrEnum):
    """The ways to get a token that identity supports."""

    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 (a kind, no secret)
    CLIENT_CREDENTIALS = "client_credentials"
    DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


USERS_GRANTS: Final = frozenset(GrantType) - {GrantType.CLIENT_CREDENTIALS}
"""The ways to a token of a user."""


@dataclass(frozen=True, slots=True)
class Client:
    """An application that gets tokens: for itself, as a service, or for its users."""

    client_id: str
    service_id: UUID
    name: str
    secret_digest: bytes | None = field(repr=False)
    redirect_uris: Collection[str]
    scopes: frozenset[str]
    grants: frozenset[str]

    @property
    def is_public(self) -> bool:
        """Whether it cannot keep a secret: an application in a browser or on a phone."""
        return self.secret_digest is None

    def knows(self, secret_digest: bytes) -> bool:
        """Whether this is the digest of its secret, in constant time."""
        return self.secret_digest is not None and hmac.compare_digest(
            self.secret_digest, secret_digest
        )


@dataclass(frozen=True, slots=True)
class User:
    """A person, without what names the person."""

    user_id: UUID
    customer_ref: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Session:
    """A user who is logged in, at one browser."""

    session_id: UUID
    user_id: UUID
    auth_time: datetime
    amr: Collection[str]
    expires_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a token request is granted."""

    subject: Subject
    client_id: str
    scopes: frozenset[str]
    refresh_token: str | None = field(default=None, repr=False)
    nonce: str | None = None


def split_scopes(text: str) -> frozenset[str]:
    """Read a `scope` parameter: words with spaces between."""
    return frozenset(text.split())


def verifies(verifier: str, challenge: str) -> bool:
    """Whether a PKCE verifier belongs to an S256 challenge (RFC 7636, 4.6)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    return hmac.compare_digest(challenge_of(verifier).encode(), challenge.encode())


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
