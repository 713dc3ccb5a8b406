"""SQL of users, their roles and what the roles permit."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from identity.domain import User
from identity.personal_columns import EMAIL, unseal
from identity.vault import Vault
from waybill.data_keys import destroy_data_key
from waybill.postgres import Connection, Transaction

_INDEX: Final = "email"

_INSERT: Final = """
    insert into users (user_id, email_cipher, email_index, customer_ref, status, created_at)
    values ($1, $2, $3, $4, $5, $6)
    on conflict do nothing
"""
_USERS: Final = "select user_id, customer_ref, status from users "
_FIND: Final = _USERS + "where user_id = $1"
_FIND_BY_EMAIL: Final = _USERS + "where email_index = $1"
_LOCK: Final = _FIND + " for no key update"
_SET_STATUS: Final = "update users set status = $2 where user_id = $1"
# Whoever adds a row of a user locks the user first, or the session, which has ended by then.
_ERASE: Final = """
    with removed_passwords as (delete from passwords where user_id = $1),
        removed_totp as (delete from totp where user_id = $1),
        removed_recovery_codes as (delete from recovery_codes where user_id = $1),
        removed_mail_tokens as (delete from mail_tokens where user_id = $1),
        removed_consents as (delete from consents where user_id = $1),
        removed_roles as (delete from role_members where user_id = $1),
        unnamed_keys as (update api_keys set name = '' where user_id = $1)
    update users set status = 'removed', email_cipher = '', email_index = $2 where user_id = $1
"""
_EMAIL_CIPHER: Final = "select email_cipher from users where user_id = $1"
_ROLES: Final = "select role from role_members where user_id = $1 order by role"
_SCOPES: Final = """
    select distinct unnest(scopes) as scope
    from role_members join roles using (role) join users using (user_id)
    where user_id = $1 and status = 'active'
"""
_ALL_SCOPES: Final = "select distinct unnest(scopes) as scope from roles"
_REMOVE_ROLES: Final = "delete from role_members where user_id = $1"
_ADD_ROLES: Final = """
    insert into role_members (user_id, role) select $1, unnest($2::text[]) on conflict do nothing
"""


async def insert_user(tx: Transaction, vault: Vault, user: User, email: str, now: datetime) -> bool:
    """Insert a user with a key; return False when the address is taken. Raises SealingError."""
    key = vault.people.generate(str(user.user_id))
    done = await tx.execute(
        _INSERT,
        user.user_id,
        key.seal(email, EMAIL, user.user_id),
        email_index(vault, email),
        user.customer_ref,
        user.status,
        now,
    )
    if done != "INSERT 0 1":
        return False
    await vault.people.insert(tx, key)
    return True


def email_index(vault: Vault, email: str) -> bytes:
    """Return what an address is found by, however it is written."""
    return vault.index(_INDEX, email.strip().casefold())


async def find_user(connection: Connection, user_id: UUID) -> User | None:
    """Return a user, also a removed one."""
    row = await connection.fetchrow(_FIND, user_id)
    return None if row is None else User(row["user_id"], row["customer_ref"], row["status"])


async def find_user_by_email(connection: Connection, vault: Vault, email: str) -> User | None:
    """Return the user with an address."""
    row = await connection.fetchrow(_FIND_BY_EMAIL, email_index(vault, email))
    return None if row is None else User(row["user_id"], row["customer_ref"], row["status"])


async def lock_user(tx: Transaction, user_id: UUID) -> User | None:
    """Lock a user and return it."""
    row = await tx.fetchrow(_LOCK, user_id)
    return None if row is None else User(row["user_id"], row["customer_ref"], row["status"])


async def set_status(tx: Transaction, user_id: UUID, status: str) -> None:
    """Set the status of a user that the caller has locked."""
    await tx.execute(_SET_STATUS, user_id, status)


async def erase(tx: Transaction, user_id: UUID) -> None:
    """Delete what names a locked user or admits it; the address can be registered again.

    With the key of the user, copies of the address are unreadable too. The ids stay, and sessions
    and API keys, which name nobody, until they are deleted as expired.
    """
    await destroy_data_key(tx, str(user_id))
    await tx.execute(_ERASE, user_id, b"removed " + user_id.bytes)


async def read_email(connection: Connection, vault: Vault, user_id: UUID) -> str | None:
    """Decrypt the address of a user; None when the user was erased. Raises SealingError."""
    cipher: str = await connection.fetchval(_EMAIL_CIPHER, user_id)
    return await unseal(connection, vault, user_id, cipher, EMAIL)


async def list_roles_of(connection: Connection, user_id: UUID) -> list[str]:
    """Return the roles of a user."""
    return [row["role"] for row in await connection.fetch(_ROLES, user_id)]


async def scopes_of(connection: Connection, user_id: UUID) -> frozenset[str]:
    """Return what the roles of a user permit: nothing unless the user is active."""
    return frozenset(row["scope"] for row in await connection.fetch(_SCOPES, user_id))


async def list_scopes(connection: Connection) -> frozenset[str]:
    """Return the scopes of all roles."""
    return frozenset(row["scope"] for row in await connection.fetch(_ALL_SCOPES))


async def set_roles(tx: Transaction, user_id: UUID, roles: Collection[str]) -> None:
    """Replace the roles of a user that the caller has locked."""
    await tx.execute(_REMOVE_ROLES, user_id)
    await tx.execute(_ADD_ROLES, user_id, sorted(roles))
