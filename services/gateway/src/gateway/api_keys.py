"""API keys: exchanged for tokens at identity, because services accept tokens only.

    Authorization: Bearer wbk_...  ->  Authorization: Bearer <token of the key>

A token is used again until it is renewed, shortly before it expires; while identity is unavailable,
until it expires. When a key is revoked, its tokens are denied at once, as after a logout.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from gateway.contract.identity_client import ExchangeApiKey200, IdentityClient
from gateway.contract.identity_models import ApiKeyToken, ExchangeApiKey
from gateway.contract.problems import InvalidApiKey
from waybill.api_keys import PREFIX, read_api_key
from waybill.calls import UnavailableError
from waybill.http.problems import ProblemError, Unauthenticated

RENEWED_BEFORE_SECONDS: Final = 60.0
"""Time for identity to come back before a token expires, which is valid for five minutes."""
REFUSED_SECONDS: Final = 10.0
"""How long a key that identity refused is not asked about again."""
KEPT_MAX: Final = 10_000
"""Keys in memory, about a kilobyte each."""

_SCHEME: Final = "Bearer "


@dataclass(frozen=True, slots=True)
class _Known:
    """What identity said about a key; `authorization` is None when it refused the key."""

    authorization: str | None = field(repr=False)
    renew_at: float
    expires_at: float


class ApiKeys:
    """The tokens of the API keys that were used last."""

    def __init__(self, identity: IdentityClient, now: Callable[[], float] = time.monotonic) -> None:
        self._identity: Final = identity
        self._now: Final = now
        self._known: Final[dict[bytes, _Known]] = {}
        self._asking: Final[WeakValueDictionary[bytes, asyncio.Lock]] = WeakValueDictionary()
        self._digest_key: Final = os.urandom(32)

    async def exchange(self, authorization: str) -> str:
        """Return the header with the token, in place of one with an API key.

        Any other header is returned as it is. Raises ProblemError: Unauthenticated for a key that
        is not valid, or Unavailable.
        """
        if not authorization.startswith(PREFIX, len(_SCHEME)):
            return authorization
        key = authorization[len(_SCHEME) :]
        digest = hashlib.blake2b(key.encode(), key=self._digest_key, digest_size=16).digest()
        known = self._known.get(digest)
        if known is None or known.renew_at <= self._now():
            if read_api_key(key) is None:  # mistyped
                raise _invalid()
            known = await self._ask_once(key, digest)
        if known.authorization is None:
            raise _invalid()
        return known.authorization

    async def _ask_once(self, key: str, digest: bytes) -> _Known:
        """Ask identity, unless another request does so already: then return what it is told."""
        lock = self._asking.setdefault(digest, asyncio.Lock())
        async with lock:
            known = self._known.get(digest)
            if known is not None and known.renew_at > self._now():
                return known
            try:
                asked = await self._ask(key)
            except UnavailableError:
                if known is None or known.expires_at <= self._now():
                    raise
                return known
            self._keep(digest, asked)
            return asked

    async def _ask(self, key: str) -> _Known:
        now = self._now()
        match await self._identity.exchange_api_key(ExchangeApiKey(api_key=key)):
            case ExchangeApiKey200(body=ApiKeyToken(access_token=token, expires_in=seconds)):
                expires_at = now + seconds
                return _Known(f"{_SCHEME}{token}", expires_at - RENEWED_BEFORE_SECONDS, expires_at)
            case InvalidApiKey():
                return _Known(None, now + REFUSED_SECONDS, now + REFUSED_SECONDS)

    def _keep(self, digest: bytes, known: _Known) -> None:
        self._known.pop(digest, None)
        while len(self._known) >= KEPT_MAX:
            del self._known[next(iter(self._known))]
        self._known[digest] = known


def _invalid() -> ProblemError:
    challenge = 'Bearer error="invalid_token"'
    return ProblemError(Unauthenticated(detail="The API key is not valid.", challenge=challenge))
