"""SQL of authorization codes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from identity.opaque_tokens import digest
from waybill.postgres import Transaction

_INSERT: Final = """
    insert into codes (digest, client_id, session_id, redirect_uri, scopes, challenge, nonce,
        expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_LOCK: Final = """
    select client_id, session_id, redirect_uri, scopes, challenge, nonce, expires_at, used_at,
        family_id
    from codes where digest = $1 for update
"""
_USE: Final = "update codes set used_at = $2 where digest = $1"
_SET_FAMILY: Final = "update codes set family_id = $2 where digest = $1"
_DELETE_EXPIRED: Final = """
    delete from codes where digest in (
        select digest from codes where expires_at < $1 limit $2 for update skip locked
    )
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a user has permitted a client, for as long as the browser needs to bring it the code."""

    client_id: str
    session_id: UUID
    redirect_uri: str
    scopes: Collection[str]
    challenge: str
    nonce: str | None
    expires_at: datetime
    used_at: datetime | None = None
    family_id: UUID | None = None


async def insert_code(tx: Transaction, text: str, code: Code) -> None:
    """Insert a code."""
    await tx.execute(
        _INSERT,
        digest(text),
        code.client_id,
        code.session_id,
        code.redirect_uri,
        sorted(code.scopes),
        code.challenge,
        code.nonce,
        code.expires_at,
    )


async def lock_code(tx: Transaction, text: str) -> Code | None:
    """Lock a code and return it."""
    row = await tx.fetchrow(_LOCK, digest(text))
    return None if row is None else Code(**row)


async def spend_code(tx: Transaction, text: str, now: datetime) -> None:
    """Mark a code used; the caller has locked it."""
    await tx.execute(_USE, digest(text), now)


async def set_family(tx: Transaction, text: str, family_id: UUID) -> None:
    """Remember what a code gave, so that it is revoked when the code is sent again."""
    await tx.execute(_SET_FAMILY, digest(text), family_id)


async def delete_expired(tx: Transaction, before: datetime, limit: int) -> int:
    """Delete up to `limit` codes that expired before; return how many."""
    return int((await tx.execute(_DELETE_EXPIRED, before, limit)).split()[-1])
