"""SQL of API keys."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from identity.opaque_tokens import digest
from waybill.api_keys import ApiKey
from waybill.postgres import Connection, Transaction

_KEYS: Final = """
    select key_id, user_id, name, scopes, created_at, expires_at, last_used_on from api_keys
"""
_INSERT: Final = """
    insert into api_keys (key_id, digest, user_id, name, scopes, created_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7)
"""
_PUT: Final = (
    _INSERT
    + """
    on conflict (key_id) do update set digest = excluded.digest, scopes = excluded.scopes,
        expires_at = excluded.expires_at
"""
)
_FIND: Final = (
    _KEYS
    + """
    where key_id = $1 and digest = $2 and revoked_at is null and expires_at > $3
"""
)
_PAGE: Final = (
    _KEYS
    + """
    where ($1::uuid is null or user_id = $1) and revoked_at is null
        and ($2::uuid is null or key_id < $2)
    order by key_id desc limit $3
"""
)
_REVOKE: Final = """
    update api_keys set revoked_at = $3
    where key_id = $1 and revoked_at is null and ($2::uuid is null or user_id = $2)
    returning user_id
"""
_REVOKE_ALL: Final = """
    update api_keys set revoked_at = $2 where user_id = $1 and revoked_at is null returning key_id
"""
# Once a day: a key is used up to twice a minute.
_MARK_USED: Final = """
    update api_keys set last_used_on = $2
    where key_id = $1 and (last_used_on is null or last_used_on < $2)
"""
_DELETE_OVER: Final = """
    delete from api_keys where key_id in (
        select key_id from api_keys where least(revoked_at, expires_at) < $1
        limit $2 for update skip locked
    )
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """An API key without its secret."""

    key_id: UUID
    user_id: UUID
    name: str
    scopes: Collection[str]
    created_at: datetime
    expires_at: datetime
    last_used_on: date | None = None


async def insert_key(tx: Transaction, key: ApiKey, row: KeyRow) -> None:
    """Insert a key."""
    await tx.execute(_INSERT, *_values(key, row))


async def put_key(tx: Transaction, key: ApiKey, row: KeyRow) -> None:
    """Insert a key of the deployment itself, or update it."""
    await tx.execute(_PUT, *_values(key, row))


async def find_key(connection: Connection, key: ApiKey, now: datetime) -> KeyRow | None:
    """Return the row of a key that is valid now."""
    row = await connection.fetchrow(_FIND, key.key_id, digest(key.secret), now)
    return None if row is None else KeyRow(**row)


async def list_keys(
    connection: Connection, user_id: UUID | None, before: UUID | None, limit: int
) -> list[KeyRow]:
    """Return the keys of a user, or of all users, the newest first."""
    return [KeyRow(**row) for row in await connection.fetch(_PAGE, user_id, before, limit)]


async def revoke_key(
    tx: Transaction, key_id: UUID, user_id: UUID | None, now: datetime
) -> UUID | None:
    """Revoke a key of this user, or of anybody; return its owner, None when there is no key."""
    owner: UUID | None = await tx.fetchval(_REVOKE, key_id, user_id, now)
    return owner


async def revoke_keys_of(tx: Transaction, user_id: UUID, now: datetime) -> list[UUID]:
    """Revoke all keys of a user; return their ids."""
    return [row["key_id"] for row in await tx.fetch(_REVOKE_ALL, user_id, now)]


async def mark_used(connection: Connection, key_id: UUID, today: date) -> None:
    """Note the day on which a key was last used."""
    await connection.execute(_MARK_USED, key_id, today)


async def delete_over(tx: Transaction, before: datetime, limit: int) -> int:
    """Delete up to `limit` keys that were expired or revoked before; return how many."""
    return int((await tx.execute(_DELETE_OVER, before, limit)).split()[-1])


def _values(key: ApiKey, row: KeyRow) -> tuple[object, ...]:
    return (
        row.key_id,
        digest(key.secret),
        row.user_id,
        row.name,
        sorted(row.scopes),
        row.created_at,
        row.expires_at,
    )
