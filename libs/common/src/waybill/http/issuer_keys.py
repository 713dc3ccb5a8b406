"""The public keys of an issuer of tokens, read in the background.

The issuer's metadata names the address of its keys (OpenID Connect Discovery 1.0, 4, and RFC 8414,
3). Keys are read again every five minutes, and when a token names an unknown one, at most once in
ten seconds: a client that sends random key ids must not load the issuer. Keys that were read are
used while the issuer is unavailable.

An issuer may also name the address of the sessions that were ended, and of the keys that were
revoked, while tokens of them are valid (`denied_sessions_uri`). They are read every two seconds.
"""

import asyncio
import logging
from collections.abc import Container, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import aiohttp
import orjson
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from waybill.backoff import Backoff
from waybill.clock import Clock
from waybill.tls import client_context

if TYPE_CHECKING:
    from joserfc.jwk import DictKey

_log: Final = logging.getLogger(__name__)

READ_EVERY: Final = timedelta(minutes=5)
READ_DENIED_EVERY: Final = timedelta(seconds=2)
UNKNOWN_KEY_PAUSE: Final = timedelta(seconds=10)
STALE_AFTER: Final = timedelta(minutes=10)
"""Time without a successful read after which the process is not ready: a key may be revoked."""
TICK_SECONDS: Final = 2.0
"""Longest time until a process looks what is due, unless a token names an unknown key."""
READ_SECONDS: Final = 5.0
FIND_SECONDS: Final = 2.0
SERVES_WITHOUT_AFTER: Final = timedelta(seconds=10)
"""How long a process through which the issuer is reached waits for keys before it is ready without
them. That is enough to read them while other replicas serve, also when the network of a new pod is
set up late."""

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_DISCOVERY: Final = "/.well-known/openid-configuration"


_FAILURES: Final = (aiohttp.ClientError, TimeoutError)
"""What aiohttp raises when there is no answer."""


class IssuerError(Exception):
    """The keys of the issuer cannot be read, or are older than they may be."""


class IssuerKeys:
    """The keys of one issuer, by key id. A background part of each process that checks tokens."""

    name: Final = "issuer keys"

    def __init__(self, issuer: str, clock: Clock) -> None:
        """`issuer` is the exact `iss` of its tokens: an https address, or http on loopback."""
        self._issuer = issuer
        self._clock = clock
        self._keys: Mapping[str, Key] = {}
        self._began_at = clock.now()
        self._read_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._wanted = False
        self._tried = asyncio.Condition()
        self._woken = asyncio.Event()
        self._denied_sessions: DeniedSessions | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Read the keys until `stop` is set."""
        backoff = Backoff(_log, f"keys of {self._issuer}")
        async with asyncio.TaskGroup() as tasks, _client(self._issuer) as client:
            tasks.create_task(self._wake_at(stop))
            while not stop.is_set():
                if self._is_due():
                    await self._try(client, backoff, stop)
                if self._denied_sessions is not None:
                    await self._denied_sessions.read_when_due(client)
                await self._wait()

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._woken.set()

    async def _wait(self) -> None:
        denied = self._denied_sessions
        seconds = TICK_SECONDS if denied is None else min(TICK_SECONDS, denied.seconds_left())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()

    @property
    def denied(self) -> Container[str]:
        """The `sid`s of ended sessions and the ids of revoked keys, while tokens are valid."""
        return () if self._denied_sessions is None else self._denied_sessions.ids

    async def find(self, key_id: str) -> Key | None:
        """Return a key; None if the issuer has none of this id.

        Raises IssuerError when no keys were read yet.
        """
        if key_id not in self._keys and self._may_ask():
            self._wanted = True
            self._woken.set()
            try:
                async with asyncio.timeout(FIND_SECONDS), self._tried:
                    await self._tried.wait_for(lambda: not self._wanted)
            except TimeoutError:
                pass
        if self._read_at is None:
            raise IssuerError(f"the keys of {self._issuer} have not been read yet")
        return self._keys.get(key_id)

    async def check(self) -> None:
        """Check that the keys are recent, for readiness. Raises IssuerError."""
        if self._read_at is None or self._clock.now() - self._read_at > STALE_AFTER:
            raise IssuerError(f"the keys of {self._issuer} cannot be read")

    async def check_behind(self) -> None:
        """Check the same for a process through which the issuer may be reached, as the gateway.

        It must become ready without keys, which nobody could read otherwise, and must not become
        unready while the issuer is away. Raises IssuerError.
        """
        if self._read_at is None and self._clock.now() - self._began_at < SERVES_WITHOUT_AFTER:
            raise IssuerError(f"the keys of {self._issuer} have not been read yet")

    def _may_ask(self) -> bool:
        return self._tried_at is None or self._clock.now() - self._tried_at >= UNKNOWN_KEY_PAUSE

    def _is_due(self) -> bool:
        read_at = self._read_at
        return self._wanted or read_at is None or self._clock.now() - read_at >= READ_EVERY

    async def _try(
        self, client: aiohttp.ClientSession, backoff: Backoff, stop: asyncio.Event
    ) -> None:
        failure: Exception | None = None
        try:
            self._keys = await self._read(client)
            self._read_at = self._clock.now()
            backoff.reset()
        except (*_FAILURES, IssuerError) as error:
            failure = error
        async with self._tried:
            self._tried_at = self._clock.now()
            self._wanted = False
            self._tried.notify_all()
        if failure is not None:
            await backoff.wait(failure, stop)

    async def _read(self, client: aiohttp.ClientSession) -> dict[str, Key]:
        metadata = await _json(client, self._issuer.rstrip("/") + _DISCOVERY)
        if metadata.get("issuer") != self._issuer:
            raise IssuerError(
                f"it calls itself {metadata.get('issuer')}: set WAYBILL_ACCESS to this"
            )
        address = metadata.get("jwks_uri")
        if not isinstance(address, str) or not is_safe(address):
            raise IssuerError(f"its jwks_uri is {address}: it must begin with https://")
        keys = (await _json(client, address)).get("keys")
        if not isinstance(keys, list):
            raise IssuerError(f"{address} has no list of keys")
        await self._follow(client, metadata.get("denied_sessions_uri"))
        return dict(_usable(keys))

    async def _follow(self, client: aiohttp.ClientSession, address: object) -> None:
        """Read the denied sessions from now on, if the issuer has them; the first time at once."""
        if address is None:
            self._denied_sessions = None
            return
        if not isinstance(address, str) or not is_safe(address):
            raise IssuerError(f"its denied_sessions_uri is {address}: it must begin with https://")
        if self._denied_sessions is None or self._denied_sessions.address != address:
            following = DeniedSessions(address, self._clock)
            await following.read(client)
            self._denied_sessions = following


class DeniedSessions:
    """The sessions and keys whose tokens an issuer wants refused, as far as they were read."""

    def __init__(self, address: str, clock: Clock) -> None:
        self.address: Final = address
        self.ids: frozenset[str] = frozenset()
        """Of both: the `sid` of a session is no key id."""
        self._clock = clock
        self._etag = ""
        self._tried_at: datetime | None = None
        self._is_failing = False

    def seconds_left(self) -> float:
        """Return the time until they are read again."""
        if self._tried_at is None:
            return 0.0
        left = READ_DENIED_EVERY - (self._clock.now() - self._tried_at)
        return max(0.0, left.total_seconds())

    async def read_when_due(self, client: aiohttp.ClientSession) -> None:
        """Read them if that was two seconds ago. A failure is logged; what was read stays."""
        if self.seconds_left() > 0:
            return
        try:
            await self.read(client)
        except (*_FAILURES, IssuerError) as error:
            if not self._is_failing:
                _log.warning("the denied sessions of %s cannot be read: %s", self.address, error)
            self._is_failing = True
        else:
            self._is_failing = False

    async def read(self, client: aiohttp.ClientSession) -> None:
        """Read them. Raises IssuerError or an error of aiohttp."""
        self._tried_at = self._clock.now()
        known = {"If-None-Match": self._etag} if self._etag else {}
        async with client.get(self.address, headers=known, allow_redirects=False) as response:
            if response.status == HTTPStatus.NOT_MODIFIED:
                return
            document = await _object(response)
            etag = response.headers.get("etag", "")
        sids, kids = document.get("sids"), document.get("kids", [])
        if not (isinstance(sids, list) and isinstance(kids, list)):
            raise IssuerError(f"{self.address} has no list of sids")
        self.ids = frozenset(map(str, [*sids, *kids]))
        self._etag = etag


def _client(issuer: str) -> aiohttp.ClientSession:
    """Return a client. It uses no proxy for an issuer on this host, and no CAs (1.5 MB)."""
    is_here = urlsplit(issuer).scheme == "http"
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=True if is_here else client_context()),
        timeout=aiohttp.ClientTimeout(total=READ_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=not is_here,
    )


def is_safe(address: str) -> bool:
    """Whether nobody between here and the address can change what it answers."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


async def _json(client: aiohttp.ClientSession, address: str) -> Mapping[str, Any]:
    async with client.get(address, allow_redirects=False) as response:
        return await _object(response)


async def _object(response: aiohttp.ClientResponse) -> Mapping[str, Any]:
    if response.status != HTTPStatus.OK:
        raise IssuerError(f"{response.url} answers {response.status}")
    try:
        document = orjson.loads(await response.read())
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise IssuerError(f"{response.url} does not answer with a JSON object")
    return document


def _usable(keys: "list[DictKey]") -> "list[tuple[str, Key]]":
    """Import the keys for signatures; an unknown type of key is left out."""
    found: list[tuple[str, Key]] = []
    for each in keys:
        if each.get("use", "sig") != "sig" or "kid" not in each:
            continue
        try:
            found.append((str(each["kid"]), JWKRegistry.import_key(each)))
        except (JoseError, ValueError, KeyError) as error:
            _log.warning("key %s of the issuer cannot be used: %s", each["kid"], error)
    return found
