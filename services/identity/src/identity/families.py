"""SQL of what an authorization gives: families of refresh tokens, and codes.

Whoever changes a family or a token of it locks the row of the family first. So a revocation and a
refresh follow one another, and a family that was revoked never gets another token.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from identity.opaque_tokens import digest
from waybill.postgres import Connection, Transaction

_INSERT: Final = """
    insert into families (family_id, client_id, user_id, session_id, scopes, expires_at)
    values ($1, $2, $3, $4, $5, $6)
"""
_FAMILY_OF: Final = "select family_id from refresh_tokens where digest = $1"
_FIND: Final = """
    select family_id, client_id, user_id, session_id, scopes, expires_at, revoked_at
    from families where family_id = $1
"""
_LOCK: Final = _FIND + " for update"
_REVOKE: Final = """
    update families set revoked_at = $2, reason = $3 where family_id = $1 and revoked_at is null
"""
# Locks all families of a session, in the order of their ids.
_REVOKE_OF_SESSION: Final = """
    with locked as (
        select family_id from families where session_id = $1 and revoked_at is null
        order by family_id for update
    )
    update families set revoked_at = $2, reason = $3
    from locked where families.family_id = locked.family_id
"""
_ADD: Final = """
    insert into refresh_tokens (digest, family_id, generation) values ($1, $2, $3)
"""
_USE: Final = """
    update refresh_tokens set used_at = $2, successor_seed = $3
    where digest = $1 and used_at is null
    returning generation
"""
_USED: Final = """
    select used.used_at, used.successor_seed, used.generation,
        successor.used_at is null as is_last
    from refresh_tokens used
    join refresh_tokens successor on successor.family_id = used.family_id
        and successor.generation = used.generation + 1
    where used.digest = $1
"""
_DELETE_OVER: Final = """
    delete from families where family_id in (
        select family_id from families where least(revoked_at, expires_at) < $1
        order by family_id limit $2 for update skip locked
    )
"""


@dataclass(frozen=True, slots=True)
class Family:
    """The refresh tokens of one authorization."""

    family_id: UUID
    client_id: str
    user_id: UUID
    session_id: UUID
    scopes: Collection[str]
    expires_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UsedToken:
    """A refresh token that was used, and what it takes to make its successor again."""

    used_at: datetime
    successor_seed: bytes
    is_successor_unused: bool


async def insert_family(tx: Transaction, family: Family, token: str | None) -> None:
    """Insert a family, with its first refresh token if it has one."""
    await tx.execute(
        _INSERT,
        family.family_id,
        family.client_id,
        family.user_id,
        family.session_id,
        sorted(family.scopes),
        family.expires_at,
    )
    if token is not None:
        await insert_token(tx, family.family_id, token, generation=1)


async def insert_token(tx: Transaction, family_id: UUID, token: str, *, generation: int) -> None:
    """Insert a refresh token of a family that the caller has locked or inserted."""
    await tx.execute(_ADD, digest(token), family_id, generation)


async def lock_family_of(tx: Transaction, token: str) -> Family | None:
    """Lock the family of a refresh token; None for an unknown token."""
    family_id = await tx.fetchval(_FAMILY_OF, digest(token))
    return None if family_id is None else await _read(tx, _LOCK, family_id)


async def find_family_of(connection: Connection, token: str) -> Family | None:
    """Return the family of a refresh token that was not used; None for any other token."""
    family_id = await connection.fetchval(_FAMILY_OF + " and used_at is null", digest(token))
    return None if family_id is None else await _read(connection, _FIND, family_id)


async def revoke_family(tx: Transaction, family_id: UUID, reason: str, now: datetime) -> None:
    """Revoke a family; the statement locks it."""
    await tx.execute(_REVOKE, family_id, now, reason)


async def revoke_families_of(tx: Transaction, session_id: UUID, reason: str, now: datetime) -> None:
    """Revoke all families of a session."""
    await tx.execute(_REVOKE_OF_SESSION, session_id, now, reason)


async def use_token(tx: Transaction, token: str, seed: bytes, now: datetime) -> int | None:
    """Mark a refresh token used and return its generation; None when it was used before."""
    generation: int | None = await tx.fetchval(_USE, digest(token), now, seed)
    return generation


async def find_used(tx: Transaction, token: str) -> UsedToken:
    """Return a refresh token of which the caller knows that it was used."""
    row = await tx.fetchrow(_USED, digest(token))
    if row is None:
        raise LookupError("the refresh token was not used")
    return UsedToken(row["used_at"], row["successor_seed"], row["is_last"])


async def delete_over(tx: Transaction, before: datetime, limit: int) -> int:
    """Delete up to `limit` families that were expired or revoked before, with their tokens."""
    return int((await tx.execute(_DELETE_OVER, before, limit)).split()[-1])


async def _read(connection: Connection, sql: str, family_id: UUID) -> Family | None:
    row = await connection.fetchrow(sql, family_id)
    if row is None:
        return None
    return Family(
        row["family_id"],
        row["client_id"],
        row["user_id"],
        row["session_id"],
        frozenset(row["scopes"]),
        row["expires_at"],
        row["revoked_at"],
    )
