"""Signed heads of the security log: the number and the hash of the last entry, in a file elsewhere.

The chain alone does not show that its end was cut off, or that all of it was written again. A head
does, if the file is where those who can write to the database cannot change it: on another
machine, or on a volume that only appends. Each line is a JSON Web Signature (RFC 7515).

joserfc is only imported by processes that sign or check heads.
"""

import asyncio
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg
import orjson

from waybill.backoff import Backoff, pause
from waybill.clock import Clock
from waybill.postgres import Database, DatabaseUnavailableError
from waybill.security_log.chain import LAST

_log = logging.getLogger(__name__)

HEAD_SECONDS: Final = 60.0
"""Longest time after which the end of the log can be cut off without being found."""
UNCHANGED_HEAD: Final = timedelta(days=1)
"""Even an unchanged head is written again then: a file without new lines has a defect."""

_TYPE: Final = "security-log-head+jws"
_ALGORITHMS: Final = {"P-256": "ES256", "Ed25519": "Ed25519"}


class WrongKeyError(Exception):
    """The file has no key that can sign or check heads."""


class ForgedHeadError(Exception):
    """A line that is not signed with the key."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a service's log at a time."""

    service: str
    number: int
    hash: str
    at: str


class HeadKey:
    """Signs heads with ES256 or Ed25519, and checks them, which the public key can do, too."""

    def __init__(self, pem: bytes) -> None:
        """Read a key in PEM. Raises WrongKeyError."""
        from joserfc.errors import JoseError  # noqa: PLC0415 - see the module's docstring
        from joserfc.jwk import ECKey, OKPKey  # noqa: PLC0415 - loaded only when needed

        self._key: ECKey | OKPKey | None = None
        for kind in (ECKey, OKPKey):
            try:
                self._key = kind.import_key(pem)
            except (JoseError, ValueError, TypeError):
                continue
            break
        curve = self._key.curve_name if self._key else ""
        if curve not in _ALGORITHMS:
            raise WrongKeyError("it must be a PEM with an EC P-256 or an Ed25519 key")
        self._algorithm = _ALGORITHMS[curve]

    @property
    def can_sign(self) -> bool:
        """Whether it is a private key."""
        return self._key is not None and self._key.is_private

    def sign(self, head: Head) -> str:
        """Return the line of a head."""
        from joserfc import jws  # noqa: PLC0415 - loaded only when needed

        header = {"alg": self._algorithm, "typ": _TYPE}
        return jws.serialize_compact(header, orjson.dumps(head), self._key, [self._algorithm])

    def read(self, line: str) -> Head:
        """Check a line. Raises ForgedHeadError."""
        from joserfc import jws  # noqa: PLC0415 - loaded only when needed
        from joserfc.errors import JoseError  # noqa: PLC0415 - loaded only when needed

        try:
            found = jws.deserialize_compact(line, self._key, [self._algorithm])
            if found.headers().get("typ") != _TYPE:
                raise ForgedHeadError("it is no head")
            return Head(**orjson.loads(found.payload))
        except (JoseError, ValueError, TypeError) as error:
            raise ForgedHeadError("it is not signed with this key") from error


class HeadWriter:
    """Writes heads in the background. Every replica may: its lines are true, too."""

    name: Final = "security log heads"

    def __init__(
        self, database: Database, service: str, path: Path, key: HeadKey, clock: Clock
    ) -> None:
        self._database = database
        self._service = service
        self._path = path
        self._key = key
        self._clock = clock
        self._written: Head | None = None
        self._write_again_at = clock.now()

    async def run(self, stop: asyncio.Event) -> None:
        """Write a head each minute until `stop` is set; retries failures."""
        backoff = Backoff(_log, self.name)
        while not stop.is_set():
            try:
                await self.write()
            except (DatabaseUnavailableError, asyncpg.PostgresError, OSError) as error:
                await backoff.wait(error, stop)
                continue
            backoff.reset()
            await pause(stop, HEAD_SECONDS)

    async def write(self) -> bool:
        """Append the head if it has changed or a day has passed; returns whether it did.

        Raises OSError, DatabaseUnavailableError or asyncpg.PostgresError.
        """
        async with self._database.connection() as connection:
            row = await connection.fetchrow(LAST)
        if row is None:
            return False
        now = self._clock.now()
        head = Head(self._service, row["number"], row["hash"].hex(), now.isoformat())
        known = self._written
        is_new = known is None or (known.number, known.hash) != (head.number, head.hash)
        if not is_new and now < self._write_again_at:
            return False
        await asyncio.to_thread(_append, self._path, self._key.sign(head))
        self._written, self._write_again_at = head, now + UNCHANGED_HEAD
        return True


def read_heads(path: Path, key: HeadKey) -> Iterator[Head]:
    """Read the heads of a file. Raises OSError, and ForgedHeadError with the line's number."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield key.read(line.strip())
            except ForgedHeadError as error:
                raise ForgedHeadError(f"line {number} of {path}: {error}") from None


def _append(path: Path, line: str) -> None:
    # One write: lines of several processes do not mix (O_APPEND).
    target = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(target, f"{line}\n".encode())
        os.fsync(target)
    finally:
        os.close(target)
