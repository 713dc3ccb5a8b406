"""SQL of the links in mails. A link is used once; all others of its user end with it."""

from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

from identity.opaque_tokens import digest, new_token
from waybill.postgres import Connection, Transaction

Purpose: TypeAlias = Literal["verify", "reset"]

LIFETIMES: Final[dict[Purpose, timedelta]] = {
    "verify": timedelta(days=1),
    "reset": timedelta(minutes=30),
}

_INSERT: Final = """
    insert into mail_tokens (digest, user_id, purpose, expires_at, password_hash)
    values ($1, $2, $3, $4, $5)
"""
_HASH: Final = "select password_hash from mail_tokens where digest = $1 and expires_at > $2"
_USER: Final = "select user_id from mail_tokens where digest = $1 and purpose = $2"
_DELETE_OF_USER: Final = "delete from mail_tokens where user_id = $1"
_USE: Final = """
    delete from mail_tokens where digest = $1 and purpose = $2
    returning user_id, expires_at
"""
_DELETE_EXPIRED: Final = """
    delete from mail_tokens where digest in (
        select digest from mail_tokens where expires_at < $1 limit $2 for update skip locked
    )
"""


async def new_mail_token(
    tx: Transaction,
    user_id: UUID,
    purpose: Purpose,
    now: datetime,
    password_hash: str | None = None,
) -> str:
    """Return a new token for a link, with the password that verifying it will set."""
    token = new_token()
    expires_at = now + LIFETIMES[purpose]
    await tx.execute(_INSERT, digest(token), user_id, purpose, expires_at, password_hash)
    return token


async def find_password_hash(connection: Connection, token: str, now: datetime) -> str | None:
    """Return the hash of the password that a token will set."""
    found: str | None = await connection.fetchval(_HASH, digest(token), now)
    return found


async def find_user_id(connection: Connection, token: str, purpose: Purpose) -> UUID | None:
    """Return the user of a token, also of an expired one; None when it is unknown or used."""
    found: UUID | None = await connection.fetchval(_USER, digest(token), purpose)
    return found


async def use_mail_token(tx: Transaction, token: str, purpose: Purpose, now: datetime) -> bool:
    """Use a token of a user that the caller has locked; False when it is used or expired."""
    row = await tx.fetchrow(_USE, digest(token), purpose)
    if row is None or row["expires_at"] <= now:
        return False
    await tx.execute(_DELETE_OF_USER, row["user_id"])
    return True


async def delete_expired(tx: Transaction, now: datetime, limit: int) -> int:
    """Delete up to `limit` expired tokens; return how many."""
    return int((await tx.execute(_DELETE_EXPIRED, now, limit)).split()[-1])
