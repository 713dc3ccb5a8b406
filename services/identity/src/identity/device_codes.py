"""SQL of what devices without a browser ask for."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from identity.opaque_tokens import digest
from waybill.postgres import Connection, Transaction

LIFETIME: Final = timedelta(minutes=10)
INTERVAL: Final = timedelta(seconds=5)

_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"  # no word, and nothing that looks like another letter
_LENGTH: Final = 8

_INSERT: Final = """
    insert into device_codes (digest, user_code_digest, client_id, scopes, expires_at)
    values ($1, $2, $3, $4, $5)
    on conflict do nothing
"""
_CODES: Final = """
    select client_id, scopes, expires_at, polled_at, session_id, is_allowed from device_codes
"""
_LOCK: Final = _CODES + "where digest = $1 for update"
_FIND: Final = _CODES + "where user_code_digest = $1 and expires_at > $2 and is_allowed is null"
_POLL: Final = "update device_codes set polled_at = $2 where digest = $1"
_DECIDE: Final = """
    update device_codes set session_id = $2, is_allowed = $3
    where user_code_digest = $1 and is_allowed is null and expires_at > $4
"""
_DELETE: Final = "delete from device_codes where digest = $1"
_DELETE_EXPIRED: Final = """
    delete from device_codes where digest in (
        select digest from device_codes where expires_at < $1 limit $2 for update skip locked
    )
"""


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a device asks for, and what its user has decided."""

    client_id: str
    scopes: Collection[str]
    expires_at: datetime
    polled_at: datetime | None
    session_id: UUID | None
    is_allowed: bool | None


def new_user_code() -> str:
    """Return a code that a user can read and enter: BCDF-GHJK."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


async def insert_device_code(
    tx: Transaction,
    code: str,
    user_code: str,
    *,
    client_id: str,
    scopes: Collection[str],
    expires_at: datetime,
) -> bool:
    """Insert the codes of a device; return False when the user's code is taken."""
    done = await tx.execute(
        _INSERT, digest(code), _digest_of(user_code), client_id, sorted(scopes), expires_at
    )
    return done == "INSERT 0 1"


async def lock_device_code(tx: Transaction, code: str) -> DeviceCode | None:
    """Lock what a device asks for and return it."""
    row = await tx.fetchrow(_LOCK, digest(code))
    return None if row is None else DeviceCode(**row)


async def find_undecided(
    connection: Connection, user_code: str, now: datetime
) -> DeviceCode | None:
    """Return what a device asks for, by the code that its user entered."""
    row = await connection.fetchrow(_FIND, _digest_of(user_code), now)
    return None if row is None else DeviceCode(**row)


async def decide(
    tx: Transaction, user_code: str, session_id: UUID, now: datetime, *, is_allowed: bool
) -> bool:
    """Store what the user of a session decides; return False when it is too late."""
    done = await tx.execute(_DECIDE, _digest_of(user_code), session_id, is_allowed, now)
    return done == "UPDATE 1"


async def write_poll(tx: Transaction, code: str, now: datetime) -> None:
    """Remember when the device asked."""
    await tx.execute(_POLL, digest(code), now)


async def delete_device_code(tx: Transaction, code: str) -> None:
    """Delete a code that was used."""
    await tx.execute(_DELETE, digest(code))


async def delete_expired(tx: Transaction, before: datetime, limit: int) -> int:
    """Delete up to `limit` codes that expired before; return how many."""
    return int((await tx.execute(_DELETE_EXPIRED, before, limit)).split()[-1])


def _digest_of(user_code: str) -> bytes:
    """Hash a code however it is entered."""
    return digest("".join(each for each in user_code.upper() if each in _LETTERS))
