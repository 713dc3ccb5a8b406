"""SQL of all that is stored of a user, for the user."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from identity.domain import User
from identity.personal_columns import EMAIL, unseal
from identity.users import list_roles_of
from identity.vault import Vault
from waybill.postgres import Connection

_FIND: Final = """
    select customer_ref, status, email_cipher, created_at,
        exists (
            select from totp where totp.user_id = users.user_id and confirmed_at is not null
        ) as has_totp
    from users where user_id = $1
"""
_PERMISSIONS: Final = """
    select client_id, scopes, given_at from consents where user_id = $1 order by client_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What a user has permitted an application."""

    client_id: str
    scopes: Collection[str]
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserData:
    """A user, with what names the person."""

    user: User
    email: str = field(repr=False)
    created_at: datetime
    roles: Sequence[str]
    has_totp: bool
    permissions: Sequence[Permission]


async def read_user_data(connection: Connection, vault: Vault, user_id: UUID) -> UserData | None:
    """Return what is stored of a user; None when it does not exist or was erased.

    Raises SealingError.
    """
    row = await connection.fetchrow(_FIND, user_id)
    if row is None:
        return None
    email = await unseal(connection, vault, user_id, row["email_cipher"], EMAIL)
    if email is None:
        return None
    permissions = await connection.fetch(_PERMISSIONS, user_id)
    return UserData(
        user=User(user_id, row["customer_ref"], row["status"]),
        email=email,
        created_at=row["created_at"],
        roles=await list_roles_of(connection, user_id),
        has_totp=row["has_totp"],
        permissions=[Permission(**each) for each in permissions],
    )
