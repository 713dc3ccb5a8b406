"""The keys that tokens are signed with, and their rotation.

A key is published as `next`, signs as `current`, and is published as `retired` until the last token
that it signed has expired. So a verifier that reads the keys every five minutes knows each key
before the first token of it. Access tokens are signed with ES256, which is cheap to sign and to
verify; ID tokens with RS256, which OpenID Connect requires of every issuer.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

import orjson
from joserfc.jwk import ECKey, JWKRegistry, Key, RSAKey

from identity.vault import Vault
from waybill.backoff import Backoff, pause
from waybill.clock import Clock
from waybill.postgres import Connection, Database, DatabaseUnavailableError, Transaction
from waybill.postgres.rows import Rows
from waybill.sealing import SealingError

_log: Final = logging.getLogger(__name__)

Algorithm: TypeAlias = Literal["ES256", "RS256"]
State: TypeAlias = Literal["next", "current", "retired", "revoked"]

ALGORITHMS: Final[tuple[Algorithm, ...]] = ("ES256", "RS256")
PUBLISHED_BEFORE_USE: Final = timedelta(minutes=6)
"""Longer than the five minutes after which verifiers read the keys (`waybill.http.issuer_keys`)
and the minute for which others may keep them."""
RETIRED_FOR: Final = timedelta(hours=1)
"""Longer than any token is valid."""
READ_EVERY: Final = timedelta(seconds=2)
"""How long a process signs with a key that another one has retired."""

RSA_BITS: Final = 2048
LOOK_SECONDS: Final = 60.0
"""How often a process looks for keys that are due."""

_PLACE: Final = "signing_keys.private"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A row of the table."""

    kid: str
    algorithm: Algorithm
    state: State
    public_jwk: str
    private_cipher: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation found or left."""

    keys: Sequence[SigningKey]
    has_promoted: bool
    """Whether the next keys have come into use."""


Drafts: TypeAlias = Mapping[Algorithm, tuple[Key, Key]]

_KEYS: Final = Rows(SigningKey)
_ALL: Final = _KEYS.statement("select {columns} from signing_keys order by since, kid")
_INSERT: Final = _KEYS.insert("signing_keys")
# Two replicas that rotate at once: the second waits, and finds nothing to do.
_LOCK: Final = "lock table signing_keys in share row exclusive mode"
_SET_STATE: Final = "update signing_keys set state = $2, since = $3 where kid = $1"
_REVOKE: Final = """
    update signing_keys set state = 'revoked', since = $2, private_cipher = '' where kid = $1
"""
_DELETE: Final = "delete from signing_keys where state in ('retired', 'revoked') and since < $1"
_OVER: Final = ("retired", "revoked")


class KeyRing:
    """The keys of one process, read again every two seconds when they are used."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        published_before_use: timedelta = PUBLISHED_BEFORE_USE,
    ) -> None:
        self.published_before_use: Final = published_before_use
        self._database = database
        self._vault = vault
        self._clock = clock
        self._keys: Sequence[SigningKey] = ()
        self._read_at: datetime | None = None
        self._private: dict[str, Key] = {}
        self.denied = frozenset[str]()
        """The ids of revoked keys; OwnAccess asks the database for sessions."""
        self._public: dict[str, Key] = {}

    async def current(self, algorithm: Algorithm) -> tuple[str, Key]:
        """Return the key id and the private key to sign with. Raises SealingError."""
        await self.refresh()
        row = next(k for k in self._keys if k.algorithm == algorithm and k.state == "current")
        key = self._private.get(row.kid)
        if key is None:
            private = orjson.loads(self._vault.unseal(row.private_cipher, _PLACE, row.kid))
            key = self._private[row.kid] = JWKRegistry.import_key(private)
        return row.kid, key

    async def known_at(self) -> datetime:
        """Return when every verifier has read the next keys."""
        self.read_again()
        await self.refresh()
        return self.next_known_at(self._keys)

    def next_known_at(self, keys: Sequence[SigningKey]) -> datetime:
        """Return when every verifier has read the next ones of these keys."""
        since = max(key.since for key in keys if key.state == "next")
        return since + self.published_before_use

    async def published(self) -> list[dict[str, str]]:
        """Return the public keys, as JWKs."""
        await self.refresh()
        return [orjson.loads(row.public_jwk) for row in self._keys if row.state != "revoked"]

    async def find(self, key_id: str) -> Key | None:
        """Return a public key, for the tokens that identity itself is called with."""
        await self.refresh()
        row = next((k for k in self._keys if k.kid == key_id), None)
        if row is None or row.state == "revoked":
            return None
        if key_id not in self._public:
            self._public[key_id] = JWKRegistry.import_key(orjson.loads(row.public_jwk))
        return self._public[key_id]

    async def rotate(self, period: timedelta) -> None:
        """Create, promote and delete the keys that are due. Raises SealingError."""
        self.read_again()
        await self.refresh()
        if not self._is_due(period):
            return
        drafts = await make_drafts()
        await self._database.run(lambda tx: self.rotate_in(tx, period, drafts))
        self.read_again()

    async def rotate_in(self, tx: Transaction, period: timedelta, drafts: Drafts) -> Rotation:
        """Do so in a transaction; call `read_again` when it has committed. Raises SealingError."""
        await tx.execute(_LOCK)
        keys = await _read(tx)
        has_promoted = False
        for algorithm in ALGORITHMS:
            of_algorithm = [key for key in keys if key.algorithm == algorithm]
            has_promoted |= await self._rotate(tx, of_algorithm, drafts[algorithm], period)
        await tx.execute(_DELETE, self._clock.now() - RETIRED_FOR)
        return Rotation(await _read(tx), has_promoted)

    async def revoke_in(self, tx: Transaction, kid: str, drafts: Drafts) -> Rotation | None:
        """Revoke a key in a transaction; None when there is none.

        The next key takes the place of one that signs, known to every verifier or not. Call
        `read_again` when it has committed. Raises SealingError.
        """
        await tx.execute(_LOCK)
        keys, now = await _read(tx), self._clock.now()
        key = next((each for each in keys if each.kid == kid and each.state != "revoked"), None)
        if key is None:
            return None
        await tx.execute(_REVOKE, kid, now)
        if key.state == "current":
            following = next(
                each for each in keys if (each.algorithm, each.state) == (key.algorithm, "next")
            )
            await tx.execute(_SET_STATE, following.kid, "current", now)
        if key.state != "retired":
            await _insert(tx, self._vault, drafts[key.algorithm][0], state="next", now=now)
        return Rotation(await _read(tx), key.state == "current")

    def read_again(self) -> None:
        """Read the keys when they are next used: they have changed."""
        self._read_at = None

    def _is_due(self, period: timedelta) -> bool:
        now = self._clock.now()
        active = [key for key in self._keys if key.state not in _OVER]
        return (
            len(active) < 2 * len(ALGORITHMS)
            or any(k.state == "current" and now - k.since >= period for k in active)
            or any(k.state in _OVER and now - k.since > RETIRED_FOR for k in self._keys)
        )

    async def _rotate(
        self,
        tx: Transaction,
        keys: Sequence[SigningKey],
        drafts: tuple[Key, Key],
        period: timedelta,
    ) -> bool:
        """Return whether the next key has come into use."""
        now = self._clock.now()
        states = {key.state: key for key in keys}
        current, following = states.get("current"), states.get("next")
        is_promoted = False
        if current is None:
            await _insert(tx, self._vault, drafts[0], state="current", now=now)
        elif following and now - current.since >= period and self._is_known(following, now):
            await tx.execute(_SET_STATE, current.kid, "retired", now)
            await tx.execute(_SET_STATE, following.kid, "current", now)
            following, is_promoted = None, True
        if following is None:
            await _insert(tx, self._vault, drafts[1], state="next", now=now)
        return is_promoted

    def _is_known(self, key: SigningKey, now: datetime) -> bool:
        """Whether every verifier has read this key."""
        return now - key.since >= self.published_before_use

    async def refresh(self) -> None:
        """Read the keys unless that was less than two seconds ago."""
        now = self._clock.now()
        if self._read_at is None or now - self._read_at >= READ_EVERY:
            async with self._database.connection() as connection:
                self._keys = await _read(connection)
            self.denied = frozenset(key.kid for key in self._keys if key.state == "revoked")
            self._read_at = now


async def _read(connection: Connection) -> list[SigningKey]:
    return [SigningKey(**_KEYS.read(row)) for row in await connection.fetch(_ALL)]


async def _insert(tx: Transaction, vault: Vault, key: Key, *, state: State, now: datetime) -> None:
    kid = key.thumbprint()
    algorithm: Algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
    about = {"kid": kid, "alg": algorithm, "use": "sig"}
    private = orjson.dumps(key.as_dict(private=True) | about).decode()
    row = SigningKey(
        kid=kid,
        algorithm=algorithm,
        state=state,
        public_jwk=orjson.dumps(key.as_dict(private=False) | about).decode(),
        private_cipher=vault.seal(private, _PLACE, kid),
        since=now,
    )
    await tx.execute(*_INSERT.bind([row]))


async def make_drafts() -> Drafts:
    """Make the keys that a rotation may need: an RSA key takes up to a second."""
    return await asyncio.to_thread(
        lambda: {
            "ES256": (ECKey.generate_key("P-256"), ECKey.generate_key("P-256")),
            "RS256": (RSAKey.generate_key(RSA_BITS), RSAKey.generate_key(RSA_BITS)),
        }
    )


class KeyRotation:
    """A background part of identity: rotates the keys when they are due."""

    name: Final = "signing keys"

    def __init__(self, ring: KeyRing, period: timedelta) -> None:
        self._ring = ring
        self._period = period
        self._backoff = Backoff(_log, self.name)

    async def run(self, stop: asyncio.Event) -> None:
        """Rotate until `stop` is set; failures are retried."""
        while not stop.is_set():
            try:
                await self._ring.rotate(self._period)
            except (SealingError, DatabaseUnavailableError) as error:
                await self._backoff.wait(error, stop)
            else:
                self._backoff.reset()
                await pause(stop, LOOK_SECONDS)
